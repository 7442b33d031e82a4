// The reading end of a stream that travelled: pulls chunks ahead of its reader.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <rmi/detail/item_queue.hpp>
#include <rmi/detail/stream_chunks.hpp>

namespace rmi::detail {

/// The way to a StreamSource. Thread safety: thread safe.
template <class T>
class StreamPull {
 public:
  virtual ~StreamPull() = default;
  /// StreamSource::next() over there. The items of the chunk must be nobody else's.
  virtual Future<Chunk<T>> pull(std::uint64_t sequence, std::uint32_t max_items,
                                std::uint32_t max_bytes) = 0;
  /// Nothing more is needed: the end was read, or the reader is gone. Once.
  virtual void close() noexcept = 0;
};

/// Where the chunks are: asked for, arrived before their turn, in the hands of the reader. At most
/// `pulls` of them, so that all together stay within the window.
struct PullCredit {
  std::uint64_t asked = 0;          ///< number of the next chunk to ask for
  std::uint64_t delivered = 0;      ///< number of the next chunk to put into the queue
  std::deque<std::size_t> in_hand;  ///< items left of the chunks in the queue, oldest first

  std::size_t used() const noexcept {
    return static_cast<std::size_t>(asked - delivered) + in_hand.size();
  }
};

/// Reads by pulling. Starts when it is first read. Held by shared_ptr. Thread safety: thread safe.
template <class T>
class StreamReader final : public ItemQueue<T>,
                           public std::enable_shared_from_this<StreamReader<T>> {
 public:
  StreamReader(std::shared_ptr<StreamPull<T>> pull, const StreamWindow& window)
      : pull_(std::move(pull)),
        pulls_(std::clamp<std::size_t>(window.pulls, 1, max_stream_pulls)),
        items_(share(window.items)),
        bytes_(share(window.bytes)) {}
  ~StreamReader() override { release(true); }

  void close() noexcept override {
    ItemQueue<T>::close();
    release(true);
  }

 private:
  using State = FutureState<Chunk<T>>;

  std::uint32_t share(std::size_t total) const {
    return static_cast<std::uint32_t>(
        std::clamp<std::size_t>(total / pulls_, 1, std::numeric_limits<std::uint32_t>::max()));
  }

  void wanted() override {
    if (!started_.exchange(true)) ask();
  }
  std::size_t weigh(const T&) override { return 0; }  // in_hand counts
  void taken(std::size_t) noexcept override {
    if (--credit_.in_hand.front() == 0) credit_.in_hand.pop_front();
  }
  void after_taken() noexcept override { ask(); }

  /// Asks for as many chunks as there is credit for. One thread at a time: a pull that came before
  /// one with a lower number would be the word that the chunk of that one has come.
  void ask() noexcept {
    for (bool first = true;; first = false) {
      std::uint64_t sequence = 0;
      std::shared_ptr<StreamPull<T>> pull;
      {
        const std::lock_guard lock(this->mutex_);
        if (first && asking_) return;  // that thread looks again before it leaves
        asking_ = !this->over_ && pull_ && credit_.used() < pulls_;
        if (!asking_) return;
        sequence = credit_.asked++;
        pull = pull_;
      }
      StatePtr<State> state;
      try {
        state = FutureAccess::take(pull->pull(sequence, items_, bytes_));
      } catch (...) {
        state = FutureAccess::take(make_failed_future<Chunk<T>>(std::current_exception()));
      }
      bool needed = true;
      {
        const std::lock_guard lock(this->mutex_);
        needed = pull_ != nullptr;
        flying_[sequence] = state;
      }
      if (!needed) state->cancel();
      state->add_or_run(*new Arrival(this->shared_from_this(), state, sequence));
    }
  }

  class Arrival final : public Continuation {
   public:
    Arrival(std::shared_ptr<StreamReader> reader, StatePtr<State> state, std::uint64_t sequence)
        : reader_(std::move(reader)), state_(std::move(state)), sequence_(sequence) {}
    void run() noexcept override {
      const std::unique_ptr<Arrival> self(this);
      reader_->arrived(sequence_, *state_);
    }

   private:
    std::shared_ptr<StreamReader> reader_;
    StatePtr<State> state_;
    std::uint64_t sequence_;
  };

  struct Arrived {
    Chunk<T> chunk;
    std::exception_ptr error;
  };

  void arrived(std::uint64_t sequence, State& state) noexcept {
    Arrived arrived;
    try {
      arrived.chunk = state.take();
    } catch (...) {
      arrived.error = std::current_exception();
    }
    {
      const std::lock_guard lock(this->mutex_);
      flying_.erase(sequence);
      early_.emplace(sequence, std::move(arrived));
    }
    while (deliver_one()) {
    }
    ask();
  }

  /// The next chunk in order, if it is there.
  bool deliver_one() noexcept {
    std::unique_lock lock(this->mutex_);
    const auto first = early_.begin();
    if (this->over_ || first == early_.end() || first->first != credit_.delivered) return false;
    Arrived next = std::move(first->second);
    early_.erase(first);
    ++credit_.delivered;
    std::vector<T> items = next.chunk.take_items();
    if (!items.empty()) credit_.in_hand.push_back(items.size());
    const bool end = next.error != nullptr || next.chunk.end();
    if (!items.empty()) this->put(std::move(lock), items);
    if (lock.owns_lock()) lock.unlock();
    if (end) {
      this->finish(next.error);
      release(false);  // what is in flight is answered with the same end
    }
    return !end;
  }

  /// Tells the source, once, that nothing more is needed.
  void release(bool cancel) noexcept {
    std::shared_ptr<StreamPull<T>> pull;
    std::map<std::uint64_t, StatePtr<State>> flying;
    std::map<std::uint64_t, Arrived> early;
    {
      const std::lock_guard lock(this->mutex_);
      pull = std::move(pull_);
      if (cancel) flying.swap(flying_);
      early.swap(early_);
    }
    for (const auto& [sequence, state] : flying)
      state->cancel();
    if (pull) pull->close();
  }

  std::shared_ptr<StreamPull<T>> pull_;  // nullptr when nothing more is needed
  const std::size_t pulls_;
  const std::uint32_t items_;  // of one chunk
  const std::uint32_t bytes_;
  std::atomic<bool> started_{false};
  PullCredit credit_;
  bool asking_ = false;  ///< a thread is in ask()
  std::map<std::uint64_t, StatePtr<State>> flying_;
  std::map<std::uint64_t, Arrived> early_;
};

}  // namespace rmi::detail
