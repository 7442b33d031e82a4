// A call's way through a host: taken in, executed, answered.
#include "bus/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <rmi/detail/ambient.hpp>

#include "bus/annotations.hpp"
#include "bus/control.hpp"
#include "bus/identity.hpp"
#include "bus/name_rules.hpp"
#include "bus/reference_scope.hpp"
#include "bus/thread_blocker.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

}  // namespace

Host::Host(Bus& bus, Connection& connection, Options options)
    : bus_(bus),
      connection_(connection),
      options_(std::move(options)),
      place_{.host = host_name(),
             .process = process_label(options_.program, process_id()),
             .max_reply = options_.max_message,
             .log = options_.log},
      scheduler_(std::max<std::size_t>(options_.threads, 1), options_.max_waiting),
      imports_(std::make_shared<Imports>([this] { schedule_receipts(); })) {}

std::shared_ptr<ServedObject> Host::serve(std::string_view name,
                                          detail::ObjectDescription description, bool concurrent) {
  const bool per_session = description.mode == detail::InstanceMode::per_session;
  const bool overlap = concurrent || description.mode == detail::InstanceMode::per_call;
  const auto object =
      std::make_shared<ServedObject>(std::string(name), std::move(description), place_);
  connection_.expect_calls();
  const std::lock_guard lock(mutex_);
  const auto [at, added] = objects_.try_emplace(std::string(name));
  if (!added)
    throw std::invalid_argument(
        fmt::format("cannot serve '{}': this daemon serves an object of that name already", name));
  Served& served = at->second;
  served.object = object;
  served.concurrent = overlap;
  if (!per_session) served.queue = scheduler_.add(object, overlap);
  return object;
}

bool Host::unserve(std::string_view name) {
  Served removed;  // destroyed after the lock is given back
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(name);
  if (found == objects_.end()) return false;
  removed = std::move(found->second);
  called_ = objects_.end();
  objects_.erase(found);
  return true;
}

bool Host::serves(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return objects_.contains(name);
}

void ServedCall::take(Frame&& arrived) {
  frame = std::move(arrived);
  view = std::get<wire::View>(wire::parse(std::as_const(frame).bytes()));
  if (frame.size() < in_place_from) return;
  const auto payload = view.payload;
  const auto whole = std::as_const(frame).bytes();
  front.assign(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(payload.size()));
  view = std::get<wire::View>(wire::parse(front));
  view.payload = payload;
}

void ServedCall::keep() {
  if (!frame.is_part()) return;
  frame.keep();
  view = std::get<wire::View>(wire::parse(std::as_const(frame).bytes()));
}

/// Where a call waits and runs; null if there is no such object.
std::shared_ptr<ObjectQueue> Host::queue_for(const ServedCall& call, bool& begins) {
  if (call.view.object.starts_with('@')) return exports_.queue(token_of(call.view.object));
  if (called_ == objects_.end() || called_->first != call.view.object)
    called_ = objects_.find(call.view.object);
  if (called_ == objects_.end()) return nullptr;
  Served& served = called_->second;
  if (served.queue) return served.queue;
  auto& queue = served.by_session[call.session()];
  begins = !queue;
  if (begins) queue = scheduler_.add(served.object, served.concurrent);
  return queue;
}

void Host::take_in(Channel::Request&& request, Route& route, Intake& intake) {
  auto job = detail::make_recycled<ServedCall>();
  job->take(std::move(request.frame));
  job->route = &route;
  job->link = request.link;
  job->received = request.received;
  if (job->view.header.kind == wire::Kind::gone) {
    intake.gone = job->session();
    intake.may_return = (job->view.header.flags & wire::flag::farewell) == 0;
  } else if (job->view.header.kind == wire::Kind::watch) {
    const std::lock_guard lock(mutex_);
    exports_.belongs(job->session(), job->view.header.registration);
  } else if (job->view.header.kind == wire::Kind::drain) {
    intake.drain = job->view.object;
  } else if (job->view.header.kind == wire::Kind::cancel) {
    const std::lock_guard lock(mutex_);
    intake.cancelled = scheduler_.cancel(&route, request.link, job->view.header.call_id);
    if (const Job& cancelled = intake.cancelled;
        cancelled && cancelled->state != ServedCall::State::running)
      forget_mark(*cancelled);
  } else {
    admit(std::move(job), intake);
  }
}

/// Precondition: `intake` is new.
void Host::admit(Job job, Intake& intake) {
  ServedCall& call = *job;
  intake.job = std::move(job);
  call.host = this;
  if (call.view.header.remaining_ms != 0)
    call.expiry = call.received + std::chrono::milliseconds(call.view.header.remaining_ms);
  if (!call.view.annotations.empty()) {
    if (const auto id = find_annotation(call.view.annotations, id_annotation))
      call.correlation.assign(reinterpret_cast<const char*>(id->data()),
                              std::min<std::size_t>(id->size(), 64));
    const auto chain = find_annotation(call.view.annotations, chain_annotation);
    if (chain && chain->size() == sizeof call.chain)
      std::memcpy(&call.chain, chain->data(), sizeof call.chain);
    if (!call.oneway()) call.mark = find_call_mark(call.view.annotations);
  }
  const std::uint32_t own = own_session_;
  const std::lock_guard lock(mutex_);
  if (call.view.object.size() == 9 && session_of_private(call.view.object) == own) {
    intake.for_session = true;
    session_calls_.push_back(std::move(intake.job));
    return;
  }
  const bool named = !call.view.object.starts_with('@');
  const bool detour = detours_refused_ && named && call.route != this && !call.oneway();
  const bool leaving = draining_ || detour;
  call.queue = leaving ? nullptr : queue_for(call, intake.begins);
  // A hook that decides who may come in may take its time.
  if (call.queue && ServedObject::answers_aside(call.view.method) && !options_.hooks.on_session) {
    intake.aside = true;
    return;
  }
  if (call.queue && call.mark && !is_fresh(intake.job, intake)) return;
  if (!call.queue || scheduler_.full()) {
    // The broker sends calls of names only to whom has them: it has been given back meanwhile.
    const bool late = named && call.view.header.registration != 0;
    intake.refused = true;
    intake.code = call.queue        ? ErrorCode::overloaded
                  : leaving || late ? ErrorCode::draining
                                    : ErrorCode::name_not_found;
  } else {
    if (call.mark) call.queue->object->kept()->begin(*call.mark, intake.job);
    intake.runs = scheduler_.admit(intake.job);
    if (intake.runs) return;
    call.keep();
    intake.held_up = !call.offered && offered_.any_left();
  }
}

void Host::handle(Intake& intake, SteadyTime now) {
  if (intake.gone != 0) return end_session(intake.gone, intake.may_return);
  if (intake.drain && options_.on_drain) options_.on_drain(*this, *intake.drain);
  if (intake.cancelled) return cancel(intake.cancelled);
  if (intake.for_session) return run_session_calls();
  if (!intake.job) return;
  keep_instance(intake);
  if (intake.refused) return refuse(*intake.job, intake.code);
  if (intake.aside) return answer_aside(intake.job);
  if (intake.repeated) return answer_again(intake);
  wake_for(intake.job->expiry);
  if (intake.held_up) ask_for_workers();
  if (intake.runs) run(std::move(intake.job), now);
}

/// An instance that begins goes with the session that it is for.
void Host::keep_instance(const Intake& intake) {
  if (intake.begins && intake.job->session() != own_session_) keep_session(intake.job->session());
}

/// A sign of life does not depend on what methods do: it waits neither for them nor for a thread.
void Host::answer_aside(const Job& job) {
  Frame answer = job->queue->object->dispatch(job->view, job);
  if (!job->oneway()) job->route->answer(answer, job->link, true);
}

void Host::run(Job job, SteadyTime now) {
  while (job) {
    job = execute(job, now);
    if (job) now = steady_clock::now();
  }
}

/// Runs one call and answers it. @return the next one for this thread.
Job Host::execute(const Job& job, SteadyTime now) {
  ServedCall& call = *job;
  Frame answer;
  if (call.offered) call.run_since = now;
  if (now >= call.expiry) {
    {
      const std::lock_guard lock(mutex_);
      call.reported = true;
      forget_mark(call);
    }
    report_expired(job, false, now);
    return settle(job, wire::build({.kind = wire::Kind::error}, {}, {}, 0), true);
  }
  if (!options_.hooks.on_session || let_session_in(job, answer)) {
    const detail::AmbientScope ambient(&call);
    const ReferenceScope references(this, {}, call.session());
    ThreadBlocker blocker(*this, &call);
    answer = call.queue->object->dispatch(call.view, job);
    if (!answer.empty()) call.sent_references = references.sent();
  }
  if (answer.empty()) {  // it comes later, or has come already
    const std::lock_guard lock(mutex_);
    return scheduler_.next();
  }
  return settle(job, std::move(answer), true);
}

/// The call is over: sends its answer. @return the next call for this thread.
/// @param takes_next  which will take more work at once.
Job Host::settle(const Job& job, Frame answer, bool takes_next) {
  ServedCall& call = *job;
  KeptReplies::Reply kept;
  if (call.mark) kept = reply_to_keep(call, answer);
  std::unique_lock lock(mutex_);
  if (call.mark) end_marked(call, std::move(kept), answer);
  const bool reported = call.reported;
  const bool cancelled = call.cancelled;
  if (call.offered) offered_.note_done(steady_clock::now() - call.run_since);
  const ServedCall& to = call.newest ? *call.newest : call;  // no other comes any more
  scheduler_.finish(call);
  Job next = scheduler_.next();
  ++answering_;
  if (watched_ != 0) changed_.notify_all();
  lock.unlock();
  if (call.took_references) send_receipts();
  if (call.oneway()) {
    const auto view = std::get<wire::View>(wire::parse(std::as_const(answer).bytes()));
    if (view.header.kind == wire::Kind::error && !reported) {
      const auto error = read_error(view.payload);
      // What a method threw is logged already, with its type.
      if (error.code == static_cast<std::uint8_t>(ErrorCode::remote))
        ++counters_.oneway_errors;
      else
        log_oneway_error(call, error.text);
    }
  } else if (cancelled) {
    report_cancelled(to);
  } else if (!reported && !to.route->answer(answer, to.link, takes_next && !next)) {
    log({LogLevel::warning, "answer-lost",
         fmt::format("the answer of {}.{} is lost: the connection of its caller, {}, broke",
                     call.view.object, call.view.method, caller_text(call)),
         call.correlation});
  }
  // The host may end as soon as nobody answers: that is said last, and under the lock to those that
  // wait for it. Who begins to right now looks again soon.
  if (watched_ != 0) {
    lock.lock();
    changed_.notify_all();
  }
  --answering_;
  return next;
}

void Host::wake_for(SteadyTime expiry) {
  if (expiry >= next_wake_.load(std::memory_order_relaxed)) return;
  next_wake_ = expiry;
  connection_.poke();
}

}  // namespace rmi
