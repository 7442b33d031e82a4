// Timers and a clock that a test turns by hand, and a way between two ends of a stream.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <rmi/stream.hpp>

namespace rmi::test {

/// Time that passes when a test says so. Thread safety: thread safe.
class HandTime final : public detail::Timers {
 public:
  void after(std::chrono::milliseconds time, std::function<void()> f) override {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(now_ + time, std::move(f));
  }
  detail::StreamClock clock() {
    return [this] {
      const std::lock_guard lock(mutex_);
      return now_;
    };
  }
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  void pass(std::chrono::milliseconds time) {
    std::vector<std::function<void()>> due;
    {
      const std::lock_guard lock(mutex_);
      now_ += time;
      while (!waiting_.empty() && waiting_.begin()->first <= now_) {
        due.push_back(std::move(waiting_.begin()->second));
        waiting_.erase(waiting_.begin());
      }
    }
    for (const auto& f : due)
      f();
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> waiting_;
};

/// What the bus does with a chunk.
template <class T>
detail::Chunk<T> travel(detail::Chunk<T> chunk) {
  std::vector<std::byte> bytes(encoded_size(chunk));
  encode(bytes, chunk);
  detail::Chunk<T> arrived;
  decode(bytes, {}, arrived);
  return arrived;
}

/// One pull.
template <class T>
Future<detail::Chunk<T>> ask(const std::shared_ptr<detail::StreamSource<T>>& source,
                             std::uint64_t sequence, std::uint32_t max_items,
                             std::uint32_t max_bytes) {
  auto chunk = source->next(sequence, max_items, max_bytes);
  source->work();
  return chunk;
}

/// A source that is reached by calling it.
template <class T>
class NearPull final : public detail::StreamPull<T> {
 public:
  explicit NearPull(std::shared_ptr<detail::StreamSource<T>> source) : source_(std::move(source)) {}

  Future<detail::Chunk<T>> pull(std::uint64_t sequence, std::uint32_t max_items,
                                std::uint32_t max_bytes) override {
    {
      const std::lock_guard lock(mutex_);
      pulls_.push_back(sequence);
    }
    auto chunk = source_->next(sequence, max_items, max_bytes).then(&travel<T>);
    source_->work();
    return chunk;
  }
  void close() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      ++closed_;
    }
    source_->close();
  }

  std::size_t pulls() const {
    const std::lock_guard lock(mutex_);
    return pulls_.size();
  }
  int closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  std::shared_ptr<detail::StreamSource<T>> source_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> pulls_;
  int closed_ = 0;
};

}  // namespace rmi::test
