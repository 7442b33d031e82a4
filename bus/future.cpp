// Completing a future: waiting threads and continuations.
#include <rmi/future.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include <rmi/detail/blocking.hpp>

#include "bus/futex.hpp"

namespace rmi {

BrokenPromise::BrokenPromise()
    : BrokenPromise(
          "the promise was destroyed without a result: who should have given one ended early") {}

BrokenPromise::BrokenPromise(const std::string& text)
    : Error(ErrorCode::cancelled, Outcome::unknown, text) {}

namespace detail {

void throw_no_future(const char* what) {
  throw std::logic_error(std::string(what) +
                         " is not there: it was moved, read or taken before, or never had one");
}

void throw_none_to_wait_for() {
  throw std::invalid_argument("when_any: there are no futures, so none can be the first");
}

namespace {

/// Stands in StateBase::first_ for "complete".
class Closed final : public Continuation {
  void run() noexcept override {}
};
Closed closed_mark;

// Continuations that complete further states call each other: that deep, and the rest in a row.
constexpr int deepest = 32;

}  // namespace

/// What a thread that is `deepest` levels down puts off until it is back.
struct Deferred {
  int depth = 0;
  Continuation* first = nullptr;
  Continuation* last = nullptr;

  void run(Continuation& node) noexcept {
    if (depth == deepest) return push(node);
    ++depth;
    node.run();
    --depth;
    if (depth == 0) drain();
  }

  void drain() noexcept {
    while (first != nullptr) {
      Continuation* const node = std::exchange(first, first->after);
      if (first == nullptr) last = nullptr;
      ++depth;
      node->run();
      --depth;
    }
  }

 private:
  void push(Continuation& node) noexcept {
    node.after = nullptr;
    (last == nullptr ? first : last->after) = &node;
    last = &node;
  }
};

namespace {
thread_local Deferred deferred;
thread_local ContinuationSink* elsewhere = nullptr;
}  // namespace

ContinuationSink* set_continuation_sink(ContinuationSink* sink) noexcept {
  return std::exchange(elsewhere, sink);
}

void run_continuations(Continuation* oldest) noexcept {
  while (oldest != nullptr) {
    Continuation* const next = oldest->after;  // running it may end its life
    deferred.run(*oldest);
    oldest = next;
  }
}

void run_deferred() noexcept {
  // From level 0 again: what is waited for may be at the end of a long row of its own.
  const int depth = std::exchange(deferred.depth, 0);
  deferred.drain();
  deferred.depth = depth;
}

bool StateBase::claim_with(std::uint32_t bits) noexcept {
  std::uint32_t word = word_.load(std::memory_order_relaxed);
  while ((word & claimed) == 0)
    if (word_.compare_exchange_weak(word, word | bits)) return true;
  return false;
}

bool StateBase::set_exception(std::exception_ptr error) noexcept {
  if (!claim()) return false;
  store_error(std::move(error));
  publish();
  return true;
}

bool StateBase::cancel() noexcept {
  if (!claim_with(claimed | given_up)) return false;
  store_error(std::make_exception_ptr(Cancelled("cancelled: Future::cancel() was called")));
  on_cancel();
  publish();
  return true;
}

void StateBase::publish() noexcept {
  const std::uint32_t before = word_.fetch_or(done);
  if ((before & waited_for) != 0) futex_wake_one(&word_);
  const bool own =
      elsewhere != nullptr && &elsewhere->waits_for == this;  // which it sees by itself
  if ((before & helped) != 0 && !own) wake_helper();
  Continuation* node = first_.exchange(&closed_mark, std::memory_order_acq_rel);
  Continuation* oldest = nullptr;
  while (node != nullptr) {
    Continuation* const older = std::exchange(node->after, oldest);
    oldest = std::exchange(node, older);
  }
  if (elsewhere == nullptr) return run_continuations(oldest);
  if (oldest != nullptr) elsewhere->take(oldest);
}

void StateBase::note_asked() noexcept {
  if ((word_.fetch_or(asked) & (asked | done)) == 0) on_awaited();
}

bool StateBase::add(Continuation& node) noexcept {
  if (!ready()) on_awaited();  // after the node is taken this may be gone
  Continuation* newest = first_.load(std::memory_order_acquire);
  do {
    if (newest == &closed_mark) return false;
    node.after = newest;
  } while (!first_.compare_exchange_weak(newest, &node, std::memory_order_acq_rel,
                                         std::memory_order_acquire));
  return true;
}

bool StateBase::wait_until(Time deadline) noexcept {
  if (ready()) return true;
  run_deferred();
  if (ready()) return true;
  const BlockingScope scope;
  word_.fetch_or(helped);
  help(deadline);
  word_.fetch_and(~helped);
  std::uint32_t word = word_.fetch_or(waited_for) | waited_for;
  while ((word & done) == 0) {
    if (deadline != Time::max() && std::chrono::steady_clock::now() >= deadline) return false;
    futex_wait(word_, word, deadline);
    word = word_.load(std::memory_order_acquire);
  }
  return true;
}

}  // namespace detail
}  // namespace rmi
