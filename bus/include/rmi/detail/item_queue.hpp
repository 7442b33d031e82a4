// A queue of items between a thread that has them and one that reads them.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <rmi/detail/blocking.hpp>
#include <rmi/detail/stream_producer.hpp>
#include <rmi/stream_window.hpp>

namespace rmi::detail {

/// The reading half, for what fills it. Thread safety: thread safe.
template <class T>
class ItemQueue : public Producer<T> {
 public:
  std::optional<T> next() final {
    wanted();
    {
      std::unique_lock lock(mutex_);
      if (auto item = take(lock)) return item;
      if (over_) return end(lock);
    }
    return wait_for_one().get();
  }

  Future<std::optional<T>> async_next() final {
    wanted();
    return wait_for_one();
  }

  bool works_here() const noexcept final { return false; }

  void close() noexcept override {
    std::deque<Entry> dropped;
    finish(nullptr, &dropped);
  }

 protected:
  using Waiter = StatePtr<FutureState<std::optional<T>>>;
  struct Entry {
    T item;
    std::size_t bytes;
  };

  /// Somebody is about to read.
  virtual void wanted() {}
  /// What an item counts in taken().
  virtual std::size_t weigh(const T& item) = 0;
  /// An item was taken out; the lock is held.
  virtual void taken(std::size_t bytes) noexcept = 0;
  /// Afterwards, without the lock.
  virtual void after_taken() noexcept {}

  /// Adds items and hands them to who waits. With the lock held; gives it back free.
  /// @return false  it is over: the items are not taken.
  template <class Items>
  bool put(std::unique_lock<std::mutex> lock, Items&& items) {
    if (over_) return false;
    for (auto& item : items) {
      const std::size_t bytes = weigh(item);
      entries_.push_back({std::move(item), bytes});
    }
    serve(std::move(lock));
    return true;
  }

  /// No more items; what is there is still read, unless it is `dropped`. Only the first counts.
  void finish(std::exception_ptr error, std::deque<Entry>* dropped = nullptr) noexcept {
    std::unique_lock lock(mutex_);
    if (dropped != nullptr) {
      dropped->swap(entries_);
      error_ = nullptr;
    } else if (over_) {
      return;
    } else {
      error_ = std::move(error);
    }
    over_ = true;
    space_.notify_all();
    serve(std::move(lock));
  }

  std::mutex mutex_;
  std::condition_variable space_;  // of who fills it
  std::deque<Entry> entries_;
  bool over_ = false;

 private:
  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (entries_.empty()) return std::nullopt;
    std::optional<T> item(std::move(entries_.front().item));
    const std::size_t bytes = entries_.front().bytes;
    entries_.pop_front();
    taken(bytes);
    lock.unlock();
    after_taken();
    return item;
  }

  std::optional<T> end(std::unique_lock<std::mutex>& lock) {
    const std::exception_ptr error = std::exchange(error_, nullptr);
    lock.unlock();
    if (error) std::rethrow_exception(error);
    return std::nullopt;
  }

  Future<std::optional<T>> wait_for_one() {
    auto waiter = make_state<FutureState<std::optional<T>>>();
    std::unique_lock lock(mutex_);
    waiting_.push_back(waiter);
    serve(std::move(lock));
    return FutureAccess::make(std::move(waiter));
  }

  /// Gives what is there to who waits: decided under the lock, told without it.
  void serve(std::unique_lock<std::mutex> lock) noexcept {
    std::vector<Waiter> served;
    bool any = false;
    while (!waiting_.empty() && (!entries_.empty() || over_)) {
      const Waiter waiter = std::move(waiting_.front());
      waiting_.pop_front();
      if (!entries_.empty()) {
        std::optional<T> item(std::move(entries_.front().item));
        if (!waiter->prepare(item)) {  // cancelled: the item is for the next one
          entries_.front().item = std::move(*item);
          continue;
        }
        served.push_back(waiter);
        const std::size_t bytes = entries_.front().bytes;
        entries_.pop_front();
        taken(bytes);
        any = true;
      } else if (error_) {
        if (!waiter->prepare(error_)) continue;
        error_ = nullptr;
        served.push_back(waiter);
      } else {
        std::optional<T> nothing;
        if (waiter->prepare(nothing)) served.push_back(waiter);
      }
    }
    lock.unlock();
    if (any) after_taken();
    for (const Waiter& waiter : served)
      waiter->announce();
  }

  std::exception_ptr error_;
  std::deque<Waiter> waiting_;
};

/// What a StreamWriter fills.
template <class T>
class WriterQueue final : public ItemQueue<T> {
 public:
  explicit WriterQueue(const StreamWindow& window) : window_(window) {}

  /// Blocks while it is full. @return false  the reader is gone, or it is finished.
  bool write(T item) {
    run_deferred();  // this may wait
    std::unique_lock lock(this->mutex_);
    if (full() && !this->over_) {
      const BlockingScope scope;
      this->space_.wait(lock, [&] { return !full() || this->over_; });
    }
    return add(std::move(lock), item);
  }
  /// @return false  also when it is full; the item is as it was.
  bool try_write(T& item) {
    std::unique_lock lock(this->mutex_);
    return !full() && add(std::move(lock), item);
  }
  void end(std::exception_ptr error) noexcept { this->finish(std::move(error)); }
  bool over() {
    const std::lock_guard lock(this->mutex_);
    return this->over_;
  }

 private:
  bool full() const noexcept {
    return this->entries_.size() >= window_.items || bytes_ >= window_.bytes;
  }
  bool add(std::unique_lock<std::mutex> lock, T& item) {
    if (this->over_) return false;
    bytes_ += weigh(item);
    return this->put(std::move(lock), std::span<T>(&item, 1));
  }
  std::size_t weigh(const T& item) override { return item_bytes(item); }
  void taken(std::size_t bytes) noexcept override {
    bytes_ -= bytes;
    this->space_.notify_all();
  }

  StreamWindow window_;
  std::size_t bytes_ = 0;  // of the items in the queue
};

}  // namespace rmi::detail
