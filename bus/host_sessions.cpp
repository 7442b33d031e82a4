// The sessions of those that call: who they are, whether they may, what ends with them.
#include <fmt/format.h>

#include <utility>

#include <rmi/archive.hpp>
#include <rmi/detail/invoke.hpp>

#include "bus/answer.hpp"
#include "bus/control.hpp"
#include "bus/direct.hpp"
#include "bus/exceptions.hpp"
#include "bus/host.hpp"
#include "bus/name_rules.hpp"

namespace rmi {
namespace {

// Callers that have no session at a broker count as one principal; a broker counts from 1.
constexpr std::uint64_t strangers = 0;

}  // namespace

void Host::on_welcome(const Welcome& welcome) {
  Exports::Dropped dropped;
  bool restarted = false;
  {
    const std::lock_guard lock(mutex_);
    restarted = std::exchange(epoch_, welcome.epoch) != welcome.epoch;
    // Nobody can reach what was given out under another number.
    if (own_session_.exchange(welcome.session) != welcome.session) exports_.clear(dropped);
  }
  lose(*this, 0, 0, false);  // whoever waited for calls of an earlier session has been told
  imports_->tell_again();
  const auto sessions = sessions_.all();
  if (!dropped.empty() || !sessions.empty())
    connection_.submit([this, dropped = std::move(dropped), sessions, restarted] {
      for (const std::uint32_t session : sessions)
        restarted ? end_session(session, true) : post_watch(session);
    });
}

void Host::post_watch(std::uint32_t session) {
  Frame watch = wire::build(
      {.kind = wire::Kind::watch, .flags = wire::flag::whose, .session = session}, {}, {}, 0);
  connection_.put(watch, connection_.link());
}

void Host::keep_session(std::uint32_t session) {
  if (session == 0) return;
  if ((session & 0x80000000U) == 0) {
    if (sessions_.keep(session)) post_watch(session);
    return;
  }
  const std::lock_guard lock(mutex_);  // one without a broker, which the Listener watches
  exports_.belongs(session, strangers);
}

/// On a worker's thread: what belonged to the session is destroyed here.
void Host::end_session(std::uint32_t session, bool may_return) {
  Exports::Dropped dropped;
  {
    const std::lock_guard lock(mutex_);
    exports_.end_session(session, may_return, std::chrono::steady_clock::now(), dropped);
    if (exports_.any_unconfirmed()) begin_sweeping();
    for (auto& [name, served] : objects_)
      if (auto node = served.by_session.extract(session); !node.empty())
        dropped.push_back(std::move(node.mapped()));
  }
  auto ended = sessions_.end(session);
  if (ended.let_in && options_.hooks.on_session_end)
    ended.acts.push_back([&] { options_.hooks.on_session_end(session); });
  for (const auto& act : ended.acts) {
    try {
      act();
    } catch (...) {
      log({LogLevel::error, "session-end-threw",
           fmt::format("an action at the end of session {} threw {}", session,
                       thrown_text(describe_exception(std::current_exception(), {})))});
    }
  }
}

SessionInfo Host::session_info(std::uint32_t session) {
  if (const auto known = sessions_.known(session)) return *known;
  detail::CallTarget broker;
  broker.bus = &bus_;
  broker.object = "rmi.broker";
  using Sign = detail::Signed<&BrokerControl::session>;
  const auto info =
      detail::invoke<SessionInfo>(broker, {"session", Sign::hash(), &Sign::print}, session);
  keep_session(session);
  sessions_.learn(info);
  return info;
}

std::string Host::caller_text(const ServedCall& call) const {
  const std::uint32_t session = call.session();
  if (session == own_session_) return "this process";
  if (const auto info = sessions_.known(session)) return info->label;
  return session == 0 ? "somebody without a session" : fmt::format("session {}", session);
}

/// Asks the hook, at the first call of a session. @return false with the answer for its caller.
bool Host::let_session_in(const Job& job, Frame& refusal) {
  const std::uint32_t session = job->session();
  if (session == 0 || session == own_session_) return true;
  keep_session(session);
  const auto door = sessions_.door(session);
  std::unique_lock asking(door->asking, std::try_to_lock);
  if (!asking) {
    const detail::BlockingScope waits;
    asking.lock();
  }
  if (!door->asked) {
    try {
      const auto info = session_info(session);
      detail::CallTarget caller;
      caller.bus = &bus_;
      caller.object = session_name(session);
      const auto data = detail::invoke<Annotations>(caller, {"rmi.introduce"});
      door->greeting = options_.hooks.on_session(info, data);
    } catch (...) {
      const auto error = describe_exception(std::current_exception(), {});
      door->refused = error.text.empty() ? error.type : error.text;
      log({LogLevel::warning, "session-refused",
           fmt::format("{} is not let in: on_session threw {}", caller_text(*job),
                       thrown_text(error)),
           job->correlation});
    }
    door->asked = true;
  }
  if (!door->refused.empty()) {
    refusal = make_error({job->view.header.call_id, job->view.header.registration},
                         ErrorCode::access_denied, Outcome::not_executed,
                         fmt::format("{} refuses this session: {}", place_.process, door->refused));
    return false;
  }
  job->reply_annotations.merge(std::exchange(door->greeting, {}));
  return true;
}

/// One thread at a time and in the order of arrival: a receipt that says "held" must not overtake
/// one that says "not any more".
void Host::run_session_calls() {
  std::unique_lock lock(mutex_);
  if (std::exchange(in_session_calls_, true)) return;
  while (!session_calls_.empty()) {
    const Job job = std::move(session_calls_.front());
    session_calls_.pop_front();
    lock.unlock();
    call_session(job);
    lock.lock();
  }
  in_session_calls_ = false;
}

/// Calls of the session itself: what one host has to say to another.
void Host::call_session(const Job& job) {
  try {
    answer_session_call(job);
  } catch (const DecodeError& error) {
    log({LogLevel::warning, "arguments-malformed",
         fmt::format("a call of {} from {} could not be read: {}", job->view.method,
                     caller_text(*job), error.what())});
    Frame answer = make_error({job->view.header.call_id, job->view.header.registration},
                              ErrorCode::bad_arguments, Outcome::not_executed, error.what());
    if (!job->oneway()) job->route->answer(answer, job->link, true);
  }
}

void Host::answer_session_call(const Job& job) {
  const wire::View& view = job->view;
  Frame answer;
  const auto reply = [&](const auto&... result) {
    answer = build_reply(view, nullptr, detail::extent_of(result...), options_.max_message,
                         [&](std::span<std::byte> into) { encode(into, result...); });
  };
  if (view.method == "rmi.refs") {
    std::vector<Receipt> receipts;
    decode(view.payload, {}, receipts);
    take_receipts(job->session(), receipts);
    reply();
  } else if (view.method == "rmi.introduce") {
    reply(options_.session_data);
  } else if (view.method == "rmi.vouch") {
    SessionId asked{};
    std::vector<std::uint8_t> bytes;
    decode(view.payload, {}, bytes);
    if (bytes.size() == asked.size()) std::ranges::copy(bytes, asked.begin());
    reply(bus_.direct().vouch(asked));
  } else if (view.method == "rmi.ping") {
    reply();
  }
  if (job->oneway()) return;
  if (answer.empty())
    answer =
        make_error({view.header.call_id, view.header.registration}, ErrorCode::method_not_found,
                   Outcome::not_executed, fmt::format("a session has no method '{}'", view.method));
  job->route->answer(answer, job->link, true);
}

}  // namespace rmi
