// The producing end of a stream that travels: answers pulls with chunks of items.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <rmi/detail/stream_chunks.hpp>

namespace rmi::detail {

/// Calls back later. Thread safety: thread safe.
class Timers {
 public:
  /// Calls `f` once after that time, never from inside of after(). `f` does not block.
  virtual void after(std::chrono::milliseconds time, std::function<void()> f) = 0;

 protected:
  ~Timers() = default;
};

using StreamClock = std::function<std::chrono::steady_clock::time_point()>;

/// How long items wait for more of them to fill a chunk.
inline constexpr std::chrono::milliseconds stream_patience{2};

std::exception_ptr stream_closed();
std::exception_ptr stream_lifetime_over(std::chrono::milliseconds lifetime);

/// Answers pulls. A producer that works on the thread that asks does so for one chunk or for
/// stream_patience; items that are there then go out, also while it is still at work.
///
/// Lifetime: held by shared_ptr; borrows the timers. Thread safety: thread safe.
template <class T>
class StreamSource : public std::enable_shared_from_this<StreamSource<T>> {
  using Book = ChunkBook<T>;
  using Lock = std::unique_lock<std::mutex>;
  using Item = std::optional<T>;

 public:
  StreamSource(std::shared_ptr<Producer<T>> producer, StreamOptions options, Timers& timers,
               StreamClock clock)
      : book_(options.window),
        producer_(std::move(producer)),
        options_(options),
        timers_(timers),
        clock_(std::move(clock)),
        born_(clock_()) {}
  StreamSource(const StreamSource&) = delete;
  ~StreamSource() { close(); }

  const StreamOptions& options() const noexcept { return options_; }

  /// The chunk of that number: they are numbered from 0. Several may be asked for before the first
  /// is answered, in any order, and each again until it is acknowledged. It has at least one item
  /// unless it is the end. Does not block; to be followed by work().
  /// @throws ProtocolError  it was acknowledged, or is too far ahead.
  Future<Chunk<T>> next(std::uint64_t sequence, std::uint32_t max_items, std::uint32_t max_bytes) {
    auto waiter = make_state<FutureState<Chunk<T>>>();
    {
      Lock lock(mutex_);
      check_lifetime();
      arm_lifetime();
      book_.pull(sequence, {waiter, max_items, max_bytes}, answers_);
      give(lock);
    }
    return FutureAccess::make(std::move(waiter));
  }

  /// Lets the producer work for the pulls that wait, on this thread if it is one that works where
  /// it is read, unless a thread does so already. A call of its own, because a slow producer may
  /// have the first items sent (see flush()) while this still runs: what sends them must be there
  /// before.
  void work() {
    Lock lock(mutex_);
    settle(lock);
  }

  /// Answers the pulls that wait with what is there, while the producer still runs.
  void flush() {
    Lock lock(mutex_);
    flush_armed_ = false;
    check_lifetime();
    give(lock);
  }

  /// The reader is gone: ends the producer, at once or when what runs comes back. Pulls that wait
  /// end with Cancelled.
  void close() noexcept {
    Lock lock(mutex_);
    book_.drop();
    book_.end(stream_closed());
    give(lock);
    drop_producer(lock);
  }

 private:
  /// Gives what is there, then lets the producer work.
  void settle(Lock& lock) {
    give(lock);
    while (!working_ && book_.wanted() != nullptr) {
      working_ = true;
      if (!fill(lock)) return;  // goes on in arrived()
      working_ = false;
      give(lock);
    }
    drop_producer(lock);
  }

  /// Continuations run: never with the lock held.
  void give(Lock& lock) {
    book_.answer(answers_);
    const typename Book::Answers answers = std::exchange(answers_, {});
    if (answers.empty()) return;
    lock.unlock();
    for (const auto& answer : answers)
      answer.give();
    lock.lock();
  }

  /// Takes items until the first pull is full or time is up. @return false  an item is awaited.
  bool fill(Lock& lock) {
    const std::size_t items = book_.wanted()->items;
    const std::size_t bytes = book_.wanted()->bytes;
    const auto until = clock_() + stream_patience;
    while (!book_.over() && !book_.fills(items, bytes)) {
      if (book_.has_items() && clock_() >= until) break;
      if (producer_->works_here()) {
        produce(lock);
      } else if (!await_one(lock)) {
        return false;
      }
      check_lifetime();
    }
    return true;
  }

  void produce(Lock& lock) {
    arm_flush();
    const std::shared_ptr<Producer<T>> producer = producer_;
    lock.unlock();
    std::exception_ptr error;
    Item item = next_of(*producer, error);
    lock.lock();
    add(std::move(item), std::move(error));
  }

  // A function of its own: g++ 12 keeps no initial value of a variable that is assigned in a try
  // block (tree-dse), should the assignment throw.
  static Item next_of(Producer<T>& producer, std::exception_ptr& error) noexcept {
    try {
      return producer.next();
    } catch (...) {
      error = std::current_exception();
    }
    return std::nullopt;
  }

  bool await_one(Lock& lock) {
    const std::shared_ptr<Producer<T>> producer = producer_;
    lock.unlock();
    auto state = FutureAccess::take(producer->async_next());
    lock.lock();
    if (state->ready()) {
      take_from(*state);
      return true;
    }
    give(lock);  // nothing that is there waits for it
    lock.unlock();
    state->add_or_run(*new Arrival(this->shared_from_this(), state));
    lock.lock();
    return false;
  }

  /// Goes on where the item arrives.
  class Arrival final : public Continuation {
   public:
    Arrival(std::shared_ptr<StreamSource> source, StatePtr<FutureState<Item>> state)
        : source_(std::move(source)), state_(std::move(state)) {}
    void run() noexcept override {
      const std::unique_ptr<Arrival> self(this);
      source_->arrived(*state_);
    }

   private:
    std::shared_ptr<StreamSource> source_;
    StatePtr<FutureState<Item>> state_;
  };

  void arrived(FutureState<Item>& state) {
    Lock lock(mutex_);
    take_from(state);
    check_lifetime();
    working_ = false;
    settle(lock);
  }

  void take_from(FutureState<Item>& state) {
    try {
      add(state.take(), nullptr);
    } catch (...) {
      add(std::nullopt, std::current_exception());
    }
  }

  void add(Item item, std::exception_ptr error) {
    if (book_.over()) return;  // closed meanwhile
    if (item) {
      book_.add(std::move(*item));
    } else {
      book_.end(std::move(error));
    }
  }

  void arm_flush() {
    if (flush_armed_ || !book_.has_items()) return;
    flush_armed_ = true;
    timers_.after(stream_patience, [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->flush();
    });
  }

  void arm_lifetime() {
    if (lifetime_armed_ || options_.lifetime.count() == 0) return;
    lifetime_armed_ = true;
    timers_.after(options_.lifetime, [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->end_of_life();
    });
  }
  void end_of_life() {
    Lock lock(mutex_);
    book_.end(stream_lifetime_over(options_.lifetime));
    give(lock);
    drop_producer(lock);
  }
  /// What was produced in time is still given.
  void check_lifetime() {
    if (options_.lifetime.count() != 0 && clock_() - born_ >= options_.lifetime)
      book_.end(stream_lifetime_over(options_.lifetime));
  }

  /// When it is over nobody needs it: what it holds is freed now, without the lock.
  void drop_producer(Lock& lock) noexcept {
    if (!book_.over() || !producer_) return;
    std::shared_ptr<Producer<T>> producer = producer_;
    if (!working_) producer_ = nullptr;
    lock.unlock();
    producer->close();
    producer = nullptr;
    lock.lock();
  }

  std::mutex mutex_;
  Book book_;
  typename Book::Answers answers_;         // decided, not given yet
  std::shared_ptr<Producer<T>> producer_;  // nullptr once it is over
  const StreamOptions options_;
  Timers& timers_;
  const StreamClock clock_;
  const std::chrono::steady_clock::time_point born_;
  bool working_ = false;  // somebody takes from the producer
  bool flush_armed_ = false;
  bool lifetime_armed_ = false;
};

}  // namespace rmi::detail
