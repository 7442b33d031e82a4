// Where the items of a stream come from: a range, a callback, a coroutine.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/future.hpp>

namespace rmi::detail {

/// The items of a stream, one after the other. After the end, and after an exception, comes the
/// end. Thread safety: one thread at a time; close() from any thread.
template <class T>
class Producer {
 public:
  virtual ~Producer() = default;
  /// The next item; nothing at the end. May block. @throws what the producer threw.
  virtual std::optional<T> next() = 0;
  /// The same. Does not block, but for the work that producing takes when works_here().
  virtual Future<std::optional<T>> async_next() = 0;
  /// Whether it is next() that produces, instead of somebody else meanwhile.
  virtual bool works_here() const noexcept = 0;
  /// Nobody will read any more. A next() that waits ends.
  virtual void close() noexcept = 0;
};

/// A producer whose items are made by the thread that asks for them.
template <class T>
class Generator : public Producer<T> {
 public:
  Future<std::optional<T>> async_next() final {
    try {
      return make_ready_future(this->next());
    } catch (...) {
      return make_failed_future<std::optional<T>>(std::current_exception());
    }
  }
  bool works_here() const noexcept final { return true; }
  void close() noexcept final {}  // who reads destroys it
};

template <class T>
class RangeProducer final : public Generator<T> {
 public:
  explicit RangeProducer(std::vector<T> items) : items_(std::move(items)) {}
  std::optional<T> next() override {
    if (next_ == items_.size()) return std::nullopt;
    return std::move(items_[next_++]);
  }

 private:
  std::vector<T> items_;
  std::size_t next_ = 0;
};

template <class T>
class CallbackProducer final : public Generator<T> {
 public:
  explicit CallbackProducer(std::function<std::optional<T>()> f) : f_(std::move(f)) {}
  std::optional<T> next() override {
    if (!f_) return std::nullopt;
    try {
      std::optional<T> item = f_();
      if (!item) f_ = nullptr;
      return item;
    } catch (...) {
      f_ = nullptr;
      throw;
    }
  }

 private:
  std::function<std::optional<T>()> f_;
};

/// The promise of a coroutine that yields: its functions are called by the compiler.
template <class T>
class YieldPromise {
 public:
  using Handle = std::coroutine_handle<YieldPromise>;

  Handle handle() noexcept { return Handle::from_promise(*this); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  std::suspend_always final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }
  void return_void() const noexcept {}
  std::suspend_always yield_value(T item) {
    item_.emplace(std::move(item));
    return {};
  }
  // A thread must not be held while something else is awaited: such a stream is made of a writer.
  template <class U>
  void await_transform(U&&) = delete;

  std::optional<T> take() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return std::exchange(item_, std::nullopt);
  }

 private:
  std::optional<T> item_;
  std::exception_ptr error_;
};

template <class T>
class CoroutineProducer final : public Generator<T> {
 public:
  explicit CoroutineProducer(typename YieldPromise<T>::Handle coroutine) : coroutine_(coroutine) {}
  CoroutineProducer(const CoroutineProducer&) = delete;
  ~CoroutineProducer() override { coroutine_.destroy(); }

  std::optional<T> next() override {
    if (coroutine_.done()) return std::nullopt;
    coroutine_.resume();
    return coroutine_.promise().take();
  }

 private:
  typename YieldPromise<T>::Handle coroutine_;
};

/// What an item counts against a window of bytes.
template <class T>
std::size_t item_bytes(const T& item) {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return sizeof(T);
  } else if constexpr (encodable<T>) {
    return encoded_size(item);
  } else {
    return sizeof(T);  // of a stream that does not travel
  }
}

}  // namespace rmi::detail
