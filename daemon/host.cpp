// A call's way through the daemon: accept, execute, answer.
#include "daemon/host.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bus/identity.hpp"
#include "bus/name_rules.hpp"
#include "bus/signals_blocked.hpp"
#include "daemon/stop_signal.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

Daemon::Options complete(Daemon::Options options) {
  if (options.threads == 0)
    throw std::invalid_argument("a Daemon needs at least 1 thread, got threads = 0");
  if (options.broker.empty()) options.broker = default_broker();
  if (options.program.empty()) options.program = program_name();
  if (!options.log) options.log = stderr_log(log_level_from_environment());
  return options;
}

double seconds(SteadyTime::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Daemon::Impl::Impl(Options options)
    : options_(complete(std::move(options))),
      place_{.host = host_name(),
             .process = process_label(options_.program, process_id()),
             .max_reply = options_.max_message,
             .log = options_.log},
      stop_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scheduler_(options_.threads, options_.max_waiting),
      connection_({.endpoint = options_.broker,
                   .program = options_.program,
                   .max_message = options_.max_message,
                   .serves = true,
                   .log = options_.log},
                  {.ready =
                       [this](const Welcome& welcome) {
                         next_renewal_ =
                             steady_clock::now() + std::chrono::milliseconds(welcome.renew_ms);
                         if (Registrar* registrar = registrar_ready_) registrar->enter_all();
                       },
                   .tick = [this](SteadyTime now) { return tick(now); }}),
      registrar_(connection_, options_.log) {
  if (stop_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  registrar_ready_ = &registrar_;
  const SignalsBlocked blocked;
  for (std::size_t i = 0; i < options_.threads + 1; ++i)
    workers_.emplace_back([this] { work(); });
}

Daemon::Impl::~Impl() {
  drain();
  connection_.close_requests();
  for (auto& worker : workers_)
    worker.join();
  ::close(stop_fd_);
}

Uri Daemon::Impl::serve(std::string_view name, detail::ObjectDescription description,
                        ServeOptions options) {
  if (const auto fault = name_fault(name)) throw std::invalid_argument(*fault);
  if (reserved(name))
    throw std::invalid_argument(
        fmt::format("cannot serve '{}': names that begin with 'rmi.' are reserved", name));
  if (!description.instance)
    throw std::invalid_argument(
        fmt::format("cannot serve '{}': the object is a null pointer", name));
  const auto object =
      std::make_shared<ServedObject>(std::string(name), std::move(description), place_);
  {
    const std::lock_guard lock(mutex_);
    const auto [at, added] = objects_.try_emplace(std::string(name));
    if (!added)
      throw std::invalid_argument(fmt::format(
          "cannot serve '{}': this daemon serves an object of that name already", name));
    at->second = scheduler_.add(object, options.concurrent);
  }
  connection_.wait_until_resolved(steady_clock::now() + 5s);
  try {
    registrar_.add({.name = std::string(name),
                    .object_id = {},
                    .tags = std::move(options.tags),
                    .interface = object->interface(),
                    .interface_hash = object->interface_hash(),
                    .mode = options.mode,
                    .target = {}});
  } catch (...) {
    const std::lock_guard lock(mutex_);
    objects_.erase(std::string(name));
    throw;
  }
  return Uri::for_name(name, Endpoint::parse(broker()));
}

bool Daemon::Impl::unserve(std::string_view name) {
  const bool known = registrar_.remove(name);
  const std::lock_guard lock(mutex_);
  if (const auto found = objects_.find(name); found != objects_.end()) objects_.erase(found);
  return known;
}

void Daemon::Impl::work() {
  SteadyTime taken{};
  while (auto request = connection_.next_request(taken)) {
    taken = request->taken;
    auto running = accept(std::move(*request));
    while (running)
      running = execute(std::move(*running));
  }
}

/// @return the call, if it is to run now on this thread.
std::optional<Scheduler::Running> Daemon::Impl::accept(Channel::Request request) {
  const auto view = std::get<wire::View>(wire::parse(request.frame.bytes()));
  std::unique_lock lock(mutex_);
  if (view.header.kind == wire::Kind::cancel) {
    scheduler_.cancel(request.link, view.header.call_id);
    return std::nullopt;
  }
  const auto found = objects_.find(view.object);
  const bool known = found != objects_.end();
  if (draining_ || !known || scheduler_.full()) {
    lock.unlock();
    refuse(view, request.link, known);
    return std::nullopt;
  }
  Job job{.frame = std::move(request.frame),
          .link = request.link,
          .queue = found->second,
          .received = request.received};
  if (view.header.remaining_ms != 0)
    job.expiry = job.received + std::chrono::milliseconds(view.header.remaining_ms);
  const SteadyTime expiry = job.expiry;
  auto running = scheduler_.admit(std::move(job));
  lock.unlock();
  wake_for(expiry);
  return running;
}

/// Runs one call and answers it. @return the next one for this thread.
std::optional<Scheduler::Running> Daemon::Impl::execute(Running running) {
  Job& job = running.job;
  const auto view = std::get<wire::View>(wire::parse(job.frame.bytes()));
  Frame answer;
  if (steady_clock::now() < job.expiry) answer = job.queue->object->dispatch(view);
  std::unique_lock lock(mutex_);
  const bool wanted = scheduler_.wants_answer(running.ticket);
  auto next = scheduler_.finish(running.ticket);
  if (scheduler_.running() == 0) idle_.notify_all();
  lock.unlock();
  if (answer.empty())
    report_expired({std::move(job), false}, steady_clock::now());
  else if (wanted && !connection_.post(answer, job.link, !next))
    log(LogLevel::warning,
        fmt::format("the answer of {}.{} is lost: the connection to the broker broke meanwhile",
                    view.object, view.method));
  return next;
}

/// Answers a call that is not let in: the daemon drains, does not know the object, or is full.
void Daemon::Impl::refuse(const wire::View& call, Link link, bool known) {
  ErrorCode code = ErrorCode::overloaded;
  std::string text =
      fmt::format("{} takes no more calls: {} wait already, the limit max_waiting is {}",
                  place_.process, options_.max_waiting, options_.max_waiting);
  if (draining_) {
    code = ErrorCode::draining;
    text = fmt::format("'{}' is shutting down in {}", call.object, place_.process);
  } else if (!known) {
    code = ErrorCode::name_not_found;
    text = fmt::format("'{}' is not served by {} any more", call.object, place_.process);
  }
  Frame frame = make_error({call.header.call_id, call.header.registration}, code,
                           Outcome::not_executed, text);
  connection_.post(frame, link, true);
}

void Daemon::Impl::report_expired(Scheduler::Expired expired, SteadyTime now) {
  const auto view = std::get<wire::View>(wire::parse(expired.job.frame.bytes()));
  const std::string& object = expired.job.queue->object->name();
  const std::string text = fmt::format(
      "the time of a call of '{}' is over: it was {} in {} for {:.3g} s{}", object,
      expired.running ? "running" : "queued", place_.process, seconds(now - expired.job.received),
      expired.running ? " and its result will be thrown away" : " and did not run");
  Frame frame = make_error({view.header.call_id, view.header.registration}, ErrorCode::timeout,
                           expired.running ? Outcome::unknown : Outcome::not_executed, text);
  connection_.post(frame, expired.job.link, false);
}

/// On the connection's thread: tells callers whose time is over, renews the leases.
SteadyTime Daemon::Impl::tick(SteadyTime now) {
  std::vector<Scheduler::Expired> expired;
  {
    const std::lock_guard lock(mutex_);
    expired = scheduler_.expire(now);
  }
  for (auto& job : expired)
    report_expired(std::move(job), now);
  if (Registrar* registrar = registrar_ready_; registrar != nullptr && now >= next_renewal_) {
    next_renewal_ = now + std::chrono::milliseconds(connection_.welcome().renew_ms);
    registrar->renew();
  }
  const std::lock_guard lock(mutex_);
  const SteadyTime next = std::min(next_renewal_, scheduler_.next_expiry());
  next_wake_ = next;
  return next;
}

void Daemon::Impl::wake_for(SteadyTime expiry) {
  if (expiry >= next_wake_.load(std::memory_order_relaxed)) return;
  next_wake_ = expiry;
  connection_.poke();
}

void Daemon::Impl::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(stop_fd_, &one, sizeof one);
}

void Daemon::Impl::run() {
  const StopSignal signal;
  std::array<pollfd, 2> fds{{{stop_fd_, POLLIN, 0}, {signal.fd(), POLLIN, 0}}};
  while (poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  drain();
}

/// After remove_all() every call that the broker had handed over has been received.
void Daemon::Impl::drain() {
  registrar_.remove_all();
  const auto end = steady_clock::now() + options_.grace;
  std::unique_lock lock(mutex_);
  const auto idle = [this] {
    return scheduler_.running() == 0 && scheduler_.waiting() == 0 &&
           connection_.requests_waiting() == 0;
  };
  while (!idle() && steady_clock::now() < end)
    idle_.wait_for(lock, 10ms);
  draining_ = true;
  if (!idle())
    log(LogLevel::warning, fmt::format("{} calls still run after the grace time of {} ms",
                                       scheduler_.running(), options_.grace.count()));
}

}  // namespace rmi
