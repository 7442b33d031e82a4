// Waiting for many futures: when_all() and when_any().
#pragma once

#include <rmi/future.hpp>

namespace rmi {

/// What when_any() gives: which one was first, and all futures, that one included.
template <class T>
struct WhenAny {
  std::size_t index = 0;
  std::vector<Future<T>> futures;
};

namespace detail {

template <class T>
using AllValues = std::conditional_t<std::is_void_v<T>, void, std::vector<Stored<T>>>;

/// A state that watches others. `Derived` has `void one_completed(std::size_t index) noexcept`.
template <class Derived, class T, class Result>
class Watching : public FutureState<Result> {
 public:
  /// Watches them all. The derived class keeps them.
  void start(std::size_t count) {
    nodes_ = std::vector<Node>(count);
    for (std::size_t i = 0; i != count; ++i) {
      nodes_[i].watching = static_cast<Derived*>(this);
      nodes_[i].index = i;
      this->retain();
      sources_[i]->add_or_run(nodes_[i]);
    }
  }

 protected:
  explicit Watching(std::vector<Future<T>>& futures) {
    for (auto& future : futures)
      sources_.push_back(FutureAccess::take(std::move(future)));
  }

  void cancel_all() noexcept {
    for (auto& source : sources_)
      source->cancel();
  }

  // Kept until the end: a node is in the list of its source until that is complete.
  std::vector<StatePtr<FutureState<T>>> sources_;

 private:
  struct Node final : Continuation {
    void run() noexcept override {
      Derived* const target = watching;  // the node may go with the target
      target->one_completed(index);
      target->release();
    }
    Derived* watching = nullptr;
    std::size_t index = 0;
  };

  void on_cancel() noexcept final { cancel_all(); }

  std::vector<Node> nodes_;
};

template <class T>
class All final : public Watching<All<T>, T, AllValues<T>> {
 public:
  explicit All(std::vector<Future<T>>& futures)
      : Watching<All<T>, T, AllValues<T>>(futures), left_(this->sources_.size()) {}

  void one_completed(std::size_t index) noexcept {
    if (const auto& error = this->sources_[index]->error()) this->set_exception(error);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) finish();
  }

  void finish() noexcept {
    if (this->ready()) return;  // one failed, or it was cancelled
    try {
      if constexpr (std::is_void_v<T>) {
        this->set_value({});
      } else {
        std::vector<T> values;
        values.reserve(this->sources_.size());
        for (auto& source : this->sources_)
          values.push_back(source->take());
        this->set_value(std::move(values));
      }
    } catch (...) {
      this->set_exception(std::current_exception());
    }
  }

 private:
  std::atomic<std::size_t> left_;
};

template <class T>
class Any final : public Watching<Any<T>, T, WhenAny<T>> {
 public:
  explicit Any(std::vector<Future<T>>& futures) : Watching<Any<T>, T, WhenAny<T>>(futures) {}

  void one_completed(std::size_t index) noexcept {
    std::size_t none = nobody;
    first_.compare_exchange_strong(none, index);
    if (none == nobody) pass_gate();
  }

  /// Two must have passed: the first future, and start() to its end, which uses them all.
  void pass_gate() noexcept {
    if (gate_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    try {
      WhenAny<T> result;
      result.index = first_;
      result.futures.reserve(this->sources_.size());
      for (const auto& source : this->sources_)
        result.futures.push_back(FutureAccess::make(source));
      this->set_value(std::move(result));
    } catch (...) {
      this->set_exception(std::current_exception());
    }
  }

 private:
  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);
  std::atomic<std::size_t> first_{nobody};
  std::atomic<int> gate_{2};
};

[[noreturn]] void throw_none_to_wait_for();

}  // namespace detail

/// All values, in the order of the futures (nothing for void). Fails as soon as one fails, with its
/// error; the others run on, and their results are thrown away.
template <class T>
Future<detail::AllValues<T>> when_all(std::vector<Future<T>> futures) {
  auto state = detail::make_state<detail::All<T>>(futures);
  if (futures.empty()) {
    state->finish();
  } else {
    state->start(futures.size());
  }
  return detail::FutureAccess::make(
      detail::StatePtr<detail::FutureState<detail::AllValues<T>>>(state));
}

/// Completes when the first of them does, with a value or an error. All futures come back, so that
/// the others can be cancelled or awaited. @throws std::invalid_argument  there is none.
template <class T>
Future<WhenAny<T>> when_any(std::vector<Future<T>> futures) {
  if (futures.empty()) detail::throw_none_to_wait_for();
  auto state = detail::make_state<detail::Any<T>>(futures);
  state->start(futures.size());
  state->pass_gate();
  return detail::FutureAccess::make(detail::StatePtr<detail::FutureState<WhenAny<T>>>(state));
}

}  // namespace rmi
