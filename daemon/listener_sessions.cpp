// Who calls a listener: letting callers in, and noticing that they are gone.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <rmi/detail/invoke.hpp>

#include "bus/bundle.hpp"
#include "bus/name_rules.hpp"
#include "daemon/listener.hpp"

namespace rmi {
namespace {

// Numbers that no broker gives: of callers that have no session at one.
constexpr std::uint32_t own_sessions = 0x80000000U;

}  // namespace

/// 0 if it was not let in.
std::uint32_t Listener::session_of(std::uint64_t link) {
  const std::lock_guard lock(mutex_);
  const auto peer = peers_.find(link);
  return peer != peers_.end() && peer->second.welcome ? peer->second.session : 0;
}

bool Listener::takes_bundles(std::uint64_t link) {
  const std::lock_guard lock(mutex_);
  const auto peer = peers_.find(link);
  return peer != peers_.end() && peer->second.bundles;
}

void Listener::on_hello(std::uint64_t link, const wire::View& view) {
  Hello hello;
  try {
    hello = read_hello(view);
  } catch (const DecodeError& error) {
    return refuse(link, view.header.call_id, ErrorCode::protocol,
                  fmt::format("this hello cannot be read: {}", error.what()));
  }
  std::uint32_t number = hello.peer;
  {
    const std::lock_guard lock(mutex_);
    const bool fits = hello.max_message == 0 || hello.max_message >= Bundle::max_size;
    peers_[link].bundles = hello.bundles && fits;
    if (number == 0) number = own_sessions | (++last_session_ & ~own_sessions);
  }
  const std::uint64_t call_id = view.header.call_id;
  if (hello.peer == 0) {
    SessionInfo info;
    info.number = number;
    info.program = hello.program;
    info.host = hello.host;
    info.pid = hello.pid;
    info.label = fmt::format("{}[{}] on {}", hello.program, hello.pid, hello.host);
    info.principal = "anonymous";
    host_.sessions().learn(info);
    return let_in(link, call_id, number);
  }
  detail::CallTarget caller;
  caller.bus = &host_.bus();
  caller.object = session_name(hello.peer);
  caller.timeout = std::chrono::seconds(4);
  const std::vector<std::uint8_t> secret(hello.session.begin(), hello.session.end());
  (void)detail::invoke_async<bool>(caller, {"rmi.vouch"}, secret)
      .then([weak = weak_from_this(), link, call_id, number](bool mine) {
        const auto self = weak.lock();
        if (self && mine) self->let_in(link, call_id, number);
        if (self && !mine)
          self->refuse(link, call_id, ErrorCode::access_denied,
                       "that session says that this connection is not its own");
      })
      .on_error([weak = weak_from_this(), link, call_id](const std::exception_ptr&) {
        if (const auto self = weak.lock())
          self->refuse(link, call_id, ErrorCode::not_connected,
                       "the session at the broker could not be asked");
      });
}

void Listener::let_in(std::uint64_t link, std::uint64_t call_id, std::uint32_t session) {
  {
    const std::lock_guard lock(mutex_);
    const auto peer = peers_.find(link);
    if (peer == peers_.end()) return;
    peer->second.session = session;
    peer->second.welcome = true;
  }
  Welcome welcome;
  welcome.version = "direct";
  welcome.max_message = max_message_;
  welcome.session = session;
  welcome.bundles = max_message_ >= Bundle::max_size;
  Frame frame = make_welcome(call_id, welcome);
  answer(frame, link, false);
}

void Listener::refuse(std::uint64_t link, std::uint64_t call_id, ErrorCode code,
                      const std::string& text) {
  Frame frame = make_error({.call_id = call_id}, code, Outcome::not_executed, text);
  answer(frame, link, false);
}

void Listener::say_goodbye(SteadyTime deadline) {
  {
    const std::lock_guard leading(lead_mutex_);
    held_.flush();
  }
  std::unique_lock lock(mutex_);
  for (const auto& [link, peer] : peers_) {
    Frame bye = wire::build({.kind = wire::Kind::bye}, {}, {}, 0);
    sockets_->send(link, bye);
  }
  peer_left_.wait_until(lock, deadline, [this] {
    return std::ranges::none_of(peers_, [](const auto& item) { return item.second.welcome; });
  });
}

void Listener::lose(std::uint64_t link, bool may_return) {
  sockets_->forget(link);
  std::uint32_t session = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto peer = peers_.find(link);
    if (peer == peers_.end()) return;
    session = peer->second.session;
    peers_.erase(peer);
    peer_left_.notify_all();
  }
  host_.lose(*this, link, session >= own_sessions ? session : 0, may_return);
}

}  // namespace rmi
