// RouterSocket over libzmq.
#include "ns/router_socket.hpp"

#include <sys/socket.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "bus/control.hpp"
#include "bus/random.hpp"

namespace rmi::ns {
namespace {

// libzmq's own routing ids: a zero byte and a number.
constexpr std::size_t id_size = 5;
constexpr Peer handle_bit = Peer{1} << 32U;  // so that no handle is 0

std::array<std::byte, id_size> id_of(Peer peer) noexcept {
  std::array<std::byte, id_size> id{};
  const auto number = static_cast<std::uint32_t>(peer);
  std::memcpy(id.data() + 1, &number, sizeof number);
  return id;
}

/// A signal handler of the program around us must not tear a message apart.
bool receive_part(void* socket, Frame& frame) noexcept {
  while (!frame.receive(socket, ZMQ_DONTWAIT))
    if (zmq_errno() != EINTR) return false;
  return true;
}

void send_last(void* socket, Frame& frame) noexcept {
  while (!frame.send(socket, ZMQ_DONTWAIT) && zmq_errno() == EINTR) {
  }
}

}  // namespace

RouterSocket::RouterSocket(ZmqContext& context, const Options& options)
    : socket_(zmq_socket(context.native(), ZMQ_ROUTER)),
      control_endpoint_("inproc://rmi-control"),
      control_secret_(random_bytes(32)) {
  if (socket_ == nullptr)
    throw std::runtime_error(std::string("cannot open a ZeroMQ socket: ") +
                             zmq_strerror(zmq_errno()));
  control_secret_[0] = 'c';  // libzmq keeps ids that begin with a zero byte for itself
  try {
    configure(options);
    endpoints_.resize(options.endpoints.size());
    // libzmq gives each listener the options that the socket has when it is bound: over ipc there
    // are no keys.
    listen_at(options, Endpoint::Transport::ipc);
    if (options.keys) require_keys(*options.keys, options.max_message);
    listen_at(options, Endpoint::Transport::tcp);
    if (zmq_bind(socket_, control_endpoint_.c_str()) != 0)
      throw std::runtime_error(std::string("cannot open the control line of the broker: ") +
                               zmq_strerror(zmq_errno()));
  } catch (...) {
    close();
    throw;
  }
}

RouterSocket::~RouterSocket() {
  close();
}

void RouterSocket::close() noexcept {
  flush();
  for (auto& file : files_)
    file.remove();
  zmq_socket_monitor(socket_, nullptr, 0);
  zmq_close(socket_);
}

void RouterSocket::configure(const Options& options) {
  struct Setting {
    int option;
    int value;
  };
  const std::array<Setting, 12> settings{{
      {ZMQ_ROUTER_MANDATORY, 1},  // else what cannot be delivered is dropped without a word
      {ZMQ_ROUTER_HANDOVER, 0},   // else a peer takes over another one's replies by its id
      {ZMQ_SNDHWM, static_cast<int>(options.queue)},
      // As large: a peer that is reset while libzmq does not read, because this is full, makes
      // libzmq 4.3.4 abort if a heartbeat of it is still to be decoded. What an honest peer has
      // under way does not fill it.
      {ZMQ_RCVHWM, static_cast<int>(options.queue)},
      {ZMQ_LINGER, 1000},
      // No heartbeats of its own: libzmq 4.3.4 aborts (stream_engine_base.cpp, out_event:
      // !_io_error) when one is due to a peer that filled its queue and then went away. Peers
      // send theirs, with a time to live after which libzmq gives the connection up.
      {ZMQ_HANDSHAKE_IVL, 3000},
      {ZMQ_BACKLOG, 1024},
      {ZMQ_TCP_KEEPALIVE, 1},
      // A cut line is found in 6 s. The time to live does not do that alone: libzmq 4.3.4 forgets
      // it with each message that is no heartbeat.
      {ZMQ_TCP_KEEPALIVE_IDLE, 2},
      {ZMQ_TCP_KEEPALIVE_INTVL, 2},
      {ZMQ_TCP_KEEPALIVE_CNT, 2},
      {ZMQ_TCP_MAXRT, 6000},
  }};
  for (const auto& setting : settings)
    if (zmq_setsockopt(socket_, setting.option, &setting.value, sizeof setting.value) != 0)
      throw std::runtime_error(std::string("cannot set an option of the broker's socket: ") +
                               zmq_strerror(zmq_errno()));
  const auto limit = static_cast<std::int64_t>(options.max_message);
  zmq_setsockopt(socket_, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
}

void RouterSocket::listen_at(const Options& options, Endpoint::Transport transport) {
  for (std::size_t at = 0; at < endpoints_.size(); ++at) {
    const auto& endpoint = options.endpoints[at];
    if (endpoint.transport() != transport) continue;
    endpoints_[at] = listen(socket_, endpoint, options.insecure || has_keys_);
    files_.emplace_back(endpoints_[at]);
  }
}

/// From now on. All or nothing: libzmq lets anybody in who has any key when nobody is asked.
void RouterSocket::require_keys(const BrokerKeys& keys, std::size_t max_message) {
  // In zmq.h with the draft API only, in the library always: without it a connection is let in
  // where nobody answers for the domain.
  constexpr int enforce_domain = 93;
  const int on = 1;
  const auto limit = static_cast<std::int64_t>(max_message + curve_overhead);
  const auto set = [this](int option, const void* value, std::size_t size) {
    if (zmq_setsockopt(socket_, option, value, size) != 0)
      throw std::runtime_error(std::string("cannot give the broker's socket its keys: ") +
                               zmq_strerror(zmq_errno()));
  };
  set(ZMQ_CURVE_SERVER, &on, sizeof on);
  set(ZMQ_CURVE_SECRETKEY, keys.own.secret_key.data(), keys.own.secret_key.size());
  set(ZMQ_ZAP_DOMAIN, zap_domain.data(), zap_domain.size());
  set(enforce_domain, &on, sizeof on);
  set(ZMQ_MAXMSGSIZE, &limit, sizeof limit);
  has_keys_ = true;
}

SendResult RouterSocket::send(Peer to, Frame& frame) {
  const auto result = begin(id_of(to));
  if (result == SendResult::sent) send_last(socket_, frame);
  return result;
}

/// Tells libzmq who the next message is for, once what is open is sent: libzmq would take the id
/// for the end of that. Only this can fail: libzmq drops the message without a word when the peer
/// goes between.
SendResult RouterSocket::begin(std::span<const std::byte> id) noexcept {
  flush();
  while (zmq_send(socket_, id.data(), id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
    if (zmq_errno() != EINTR) return zmq_errno() == EAGAIN ? SendResult::full : SendResult::gone;
  return SendResult::sent;
}

SendResult RouterSocket::send_bundled(Peer to, Frame& frame) {
  if (!Bundle::takes(frame)) return send(to, frame);
  if (to != open_ || !bundle_.fits(frame)) {
    const auto result = begin(id_of(to));
    if (result != SendResult::sent) return result;
    open_ = to;
  }
  bundle_.add(std::move(frame));
  if (bundle_.full()) flush();
  return SendResult::sent;
}

/// Sends what is open. Without memory for it the peer gets a frame that is none, and drops it;
/// libzmq itself would have ended the process.
void RouterSocket::flush() noexcept {
  if (bundle_.empty()) return;
  Frame none;
  Frame* const message = bundle_.message();
  send_last(socket_, message != nullptr ? *message : none);
  bundle_.clear();
  open_ = nobody;
}

bool RouterSocket::receive(Received& into, std::optional<std::chrono::milliseconds> longest) {
  flush();
  bundle_.begin_small();
  const int timeout = longest ? static_cast<int>(longest->count()) : -1;
  if (timeout != timeout_) {
    zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    timeout_ = timeout;
  }
  return receive_with(into, 0);
}

bool RouterSocket::receive_now(Received& into) {
  if (receive_with(into, ZMQ_DONTWAIT)) return true;
  flush();
  return false;
}

bool RouterSocket::receive_with(Received& into, int flags) {
  Frame id;
  empty_ = !id.receive(socket_, flags);
  if (empty_) return false;
  receive_part(socket_, into.frame);  // parts of a message arrive together
  const bool many = into.frame.more();
  Frame rest;
  for (bool more = many; more && receive_part(socket_, rest);)
    more = rest.more();
  classify(id, many, into);
  if (is_bundle(into.frame)) bundle_.take_all();  // what came together leaves together
  return true;
}

/// @param received  has its frame.
void RouterSocket::classify(const Frame& id, bool many, Received& received) {
  using What = Received::What;
  const auto bytes = id.bytes();
  if (bytes.size() == id_size && bytes[0] == std::byte{0}) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + 1, sizeof number);
    received.peer = handle_bit | number;
    received.what = many ? What::many_frames : What::frame;
    return;
  }
  // The secret, then one byte that tells the lines apart.
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() == control_secret_.size() + 1 && text.starts_with(control_secret_) &&
      received.frame.size() == sizeof(ControlMessage)) {
    received.what = What::control;
    std::memcpy(&received.control, received.frame.bytes().data(), sizeof received.control);
    return;
  }
  received.what = What::own_id;
  refuse_own_id(id);
}

void RouterSocket::refuse_own_id(const Frame& id) {
  Frame error = make_error({}, ErrorCode::protocol, Outcome::not_executed,
                           "peers of this broker must not choose their routing id; connect "
                           "without one");
  if (begin(id.bytes()) == SendResult::sent) send_last(socket_, error);
}

void RouterSocket::refresh() noexcept {
  // Reading the events is what makes libzmq handle its commands without delay.
  int events = 0;
  std::size_t size = sizeof events;
  zmq_getsockopt(socket_, ZMQ_EVENTS, &events, &size);
}

Link RouterSocket::link_of(int fd) noexcept {
  Link link{.fd = fd};
  socklen_t size = sizeof link.cookie;
  if (::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &link.cookie, &size) != 0) return {};
  return link;
}

Origin RouterSocket::origin_of(Frame& received) {
  Origin origin;
  origin.link = link_of(source_of(received));
  const char* text = received.property("Peer-Address");
  if (text == nullptr) return origin;
  // Over ipc it is "localhost:UID:GID:PID", which the kernel vouches for; over tcp an IP address,
  // which never looks like that.
  const std::string_view address(text);
  constexpr std::string_view local = "localhost:";
  if (!address.starts_with(local)) {
    origin.address = address;
    // Said by our ZapHandler. Without keys it is what the peer says of itself.
    const char* holder = has_keys_ ? received.property("User-Id") : nullptr;
    if (holder != nullptr) origin.principal = std::string("key:") + holder;
    return origin;
  }
  const auto uid = address.substr(local.size(), address.find(':', local.size()) - local.size());
  origin.address = "ipc:" + std::string(address.substr(address.rfind(':') + 1));
  origin.principal = "uid:" + std::string(uid);
  return origin;
}

/// libzmq cannot be asked to end one connection of a ROUTER, so the system is: libzmq reads the end
/// of the stream, and closes. Not both directions: while it does not read, because the peer sends
/// faster than we take, that is a hang-up to poll, after which libzmq 4.3.4 aborts at a heartbeat
/// of the peer that it has still to decode (stream_engine_base.cpp, out_event: !_io_error).
void RouterSocket::hang_up(const Link& link) {
  // The descriptor may belong to something else by now. No two sockets ever have one cookie.
  if (link.fd >= 0 && link_of(link.fd).cookie == link.cookie) shutdown(link.fd, SHUT_RD);
}

int RouterSocket::source_of(Frame& frame) noexcept {
  const char* text = frame.property("__fd");
  return text == nullptr ? -1 : std::atoi(text);
}

}  // namespace rmi::ns
