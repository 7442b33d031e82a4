// ZAP (RFC 27): libzmq sends the key of each connection here before it lets it in.
#include "ns/zap.hpp"

#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <utility>

#include "bus/frame.hpp"
#include "bus/signals_blocked.hpp"

namespace rmi::ns {
namespace {

constexpr std::string_view zap_version = "1.0";
constexpr std::size_t key_bytes = 32;

/// 40 characters of Z85.
std::string to_text(const std::string& key) {
  std::array<char, 41> text{};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
  return text.data();
}

}  // namespace

std::vector<std::string> zap_answer(std::span<const std::string> request, const Admit& admit) {
  // Version, request id, domain, address, routing id, mechanism, and for CURVE the key.
  constexpr std::size_t parts = 7;
  const std::string id = request.size() > 1 ? request[1] : "";
  const bool sound = request.size() == parts && request[0] == zap_version &&
                     request[2] == zap_domain && request[5] == "CURVE" &&
                     request[6].size() == key_bytes;
  const auto name = sound ? admit(to_text(request[6]), request[3]) : std::nullopt;
  const std::string version(zap_version);
  if (!name) return {version, id, "400", "not authorized", "", ""};
  return {version, id, "200", "OK", *name, ""};
}

ZapHandler::ZapHandler(ZmqContext& context, std::shared_ptr<AuthorizedKeys> authorized)
    : authorized_(std::move(authorized)), socket_(zmq_socket(context.native(), ZMQ_REP)) {
  if (socket_ == nullptr || zmq_bind(socket_, "inproc://zeromq.zap.01") != 0) {
    const std::string why = zmq_strerror(zmq_errno());
    if (socket_ != nullptr) zmq_close(socket_);
    throw std::runtime_error("cannot open the socket that checks keys: " + why);
  }
  const int linger = 0;
  zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    zmq_close(socket_);
    throw;
  }
}

ZapHandler::~ZapHandler() {
  stop_.ring();
  thread_.join();
  zmq_close(socket_);
}

void ZapHandler::run() {
  std::array<zmq_pollitem_t, 2> items{
      {{socket_, 0, ZMQ_POLLIN, 0}, {nullptr, stop_.fd(), ZMQ_POLLIN, 0}}};
  while (items[1].revents == 0) {
    if (zmq_poll(items.data(), static_cast<int>(items.size()), -1) < 0 && zmq_errno() != EINTR)
      return;
    try {
      while (answer_one()) {
      }
    } catch (const std::exception&) {  // out of memory: that one is not let in, the next may be
      zmq_send(socket_, "", 0, ZMQ_DONTWAIT);
    }
  }
}

/// @return false when there is nothing to answer.
bool ZapHandler::answer_one() {
  // What libzmq asks has 7; one with more is no sound request, and 8 are enough to see that.
  constexpr std::size_t most_parts = 8;
  std::vector<std::string> request;
  for (bool more = true; more;) {
    Frame part;
    if (!part.receive(socket_, ZMQ_DONTWAIT)) return false;
    more = part.more();
    const auto bytes = part.bytes();
    if (request.size() < most_parts)
      request.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const auto answer = zap_answer(request, [this](std::string_view key, std::string_view address) {
    return authorized_->admit(key, address);
  });
  for (std::size_t at = 0; at < answer.size(); ++at)
    zmq_send(socket_, answer[at].data(), answer[at].size(),
             at + 1 < answer.size() ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT);
  return true;
}

}  // namespace rmi::ns
