// The session of a connection: how it begins, and begins anew.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include <rmi/archive.hpp>

#include "bus/bundle.hpp"
#include "bus/connection.hpp"
#include "bus/identity.hpp"
#include "bus/random.hpp"
#include "bus/request.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;

constexpr auto greet_timeout = 5s;

SessionId random_session() {
  SessionId id{};
  const std::string bytes = random_bytes(id.size());
  std::ranges::copy(bytes, id.begin());
  return id;
}

}  // namespace

Welcome Connection::welcome() const {
  const std::lock_guard lock(mutex_);
  return welcome_;
}

SessionId Connection::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

void Connection::change_session(const SessionId& to) {
  std::unique_lock lock(mutex_);
  wanted_session_ = to;
  outdated_ = session_ != to;
  lock.unlock();
  if (outdated_) set_phase(Phase::connecting, 0);
  poke();
}

bool Connection::greet(Link link) {
  Hello hello;
  hello.session = random_session();
  hello.program = options_.program;
  hello.host = host_name();
  hello.pid = process_id();
  hello.max_message = options_.max_message;
  hello.bundles = options_.max_message >= Bundle::max_size;
  if (events_.introduce && !events_.introduce(hello)) {
    note_failure("there is no session at the first lane of the broker yet");
    return false;
  }
  const auto answer =
      exchange(make_hello(hello), link, std::chrono::steady_clock::now() + greet_timeout);
  if (answer.end != Channel::End::answered) {
    note_failure(link_ended_
                     ? "the connection broke"
                     : fmt::format("what listens there does not answer a greeting: it is no {}",
                                   options_.to_daemon ? "daemon of rmibus" : "rmi-broker"));
    return false;
  }
  try {
    const auto view = std::get<wire::View>(wire::parse(answer.frame.bytes()));
    if (view.header.kind != wire::Kind::welcome) {
      note_failure(fmt::format("the {} refused the greeting: {}", options_.peer(),
                               read_error(view.payload).text));
      return false;
    }
    Welcome read = read_welcome(view);
    const std::lock_guard lock(mutex_);
    if (welcome_.epoch != 0 && welcome_.epoch != read.epoch)
      settled_at_ = std::chrono::steady_clock::now() + settling_time;
    welcome_ = std::move(read);
    session_ = hello.session;
    outdated_ = wanted_session_ != SessionId{} && session_ != wanted_session_;
    peer_limit_ = welcome_.max_message;
    channel_.bundle(welcome_.bundles && welcome_.max_message >= Bundle::max_size);
  } catch (const DecodeError& error) {
    note_failure(fmt::format("the {}'s welcome makes no sense: {}", options_.peer(), error.what()));
    return false;
  }
  if (outdated_) return greet(link);
  if (events_.welcome) events_.welcome(welcome());
  set_phase(Phase::ready, link);
  log({LogLevel::info, options_.to_daemon ? "daemon-connected" : "broker-connected",
       fmt::format("connected to the {} at {}", options_.peer(), options_.endpoint)});
  if (events_.ready) events_.ready(welcome());
  return true;
}

void Connection::regreet(Link link) {
  ready_link_.compare_exchange_strong(link, 0);
  stale_link_ = link;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ready) phase_ = Phase::connecting;
  }
  poke();
}

}  // namespace rmi
