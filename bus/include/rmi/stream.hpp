// Many values, one after the other: rmi::Stream<T>.
#pragma once

#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rmi/detail/item_queue.hpp>
#include <rmi/detail/stream_producer.hpp>
#include <rmi/detail/stream_reader.hpp>
#include <rmi/detail/stream_source.hpp>
#include <rmi/stream_window.hpp>

namespace rmi {

template <class T>
class Stream;

namespace detail {
template <class Archive, class T>
void save_stream(Archive& ar, Stream<T>& stream);
template <class Archive, class T>
void load_stream(Archive& ar, Stream<T>& stream);
}  // namespace detail

/// A sequence of values that are produced as they are read. Whoever makes one and whoever reads one
/// use the same type; in between it may have travelled.
///
/// It is made of a vector, of a callback, of a writer (make_stream()), or by a coroutine:
///
///     rmi::Stream<int> count(int from, int to) {
///       for (int i = from; i != to; ++i) co_yield i;
///     }
///     for (int i : count(0, 3)) std::cout << i << '\n';
///
/// Such a coroutine may not co_await. Its parameters should be values: references may be gone when
/// it runs. It, a callback, and what they hold are destroyed at the end, or when the reader closes.
///
/// Lifetime: destroying it closes it. Thread safety: one thread at a time.
template <class T>
class [[nodiscard]] Stream {
 public:
  using value_type = T;

  /// What the compiler needs for coroutines that return a Stream.
  struct promise_type : detail::YieldPromise<T> {
    Stream get_return_object() {
      return Stream(std::make_shared<detail::CoroutineProducer<T>>(this->handle()));
    }
  };

  Stream() = default;
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&& other) noexcept {
    if (this != &other) {
      close();
      producer_ = std::move(other.producer_);
      pull_ = std::move(other.pull_);
      source_ = std::move(other.source_);
      options_ = other.options_;
      item_ = std::move(other.item_);
    }
    return *this;
  }
  ~Stream() { close(); }

  /// The items, in that order.
  static Stream of(std::vector<T> items) {
    return Stream(std::make_shared<detail::RangeProducer<T>>(std::move(items)));
  }
  /// What `f` returns, until that is nothing. @param f  is called by one thread at a time.
  static Stream generate(std::function<std::optional<T>()> f) {
    return Stream(std::make_shared<detail::CallbackProducer<T>>(std::move(f)));
  }

  /// False for a stream that was closed, moved from or never made. The end of one is no reason.
  bool valid() const noexcept {
    return producer_ != nullptr || pull_ != nullptr || source_ != nullptr;
  }

  /// The next item, nothing at the end. Blocks. @throws what the producer threw, once, after the
  /// items before it; the classes of <rmi/errors.hpp>, when the stream travelled.
  std::optional<T> next() { return begun() ? producer_->next() : std::nullopt; }
  /// The same without waiting; several may be asked for, and are given in order. Works on this
  /// thread only if the stream did not travel and is not made of a writer.
  Future<std::optional<T>> async_next() {
    return begun() ? producer_->async_next() : make_ready_future(std::optional<T>());
  }

  /// Ends it: the producer stops where it can. Whoever waits is given the end.
  void close() noexcept {
    source_.reset();
    if (const auto pull = std::exchange(pull_, nullptr)) pull->close();
    if (const auto producer = std::exchange(producer_, nullptr)) producer->close();
  }

  /// Reads with next(), once from the beginning to the end: `for (T& item : stream)`.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;

    Iterator() = default;
    T& operator*() const noexcept { return *stream_->item_; }
    T* operator->() const noexcept { return &*stream_->item_; }
    Iterator& operator++() {
      stream_->item_ = stream_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept {
      return stream_ == nullptr || !stream_->item_;
    }

   private:
    friend Stream;
    explicit Iterator(Stream* stream) noexcept : stream_(stream) {}
    Stream* stream_ = nullptr;
  };
  Iterator begin() {
    item_ = next();
    return Iterator(this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  // For a stream that is returned by a method.

  /// Ends it with TimeoutError when it is not read to its end within that time.
  Stream with_lifetime(std::chrono::milliseconds lifetime) && {
    options_.lifetime = lifetime;
    return std::move(*this);
  }
  /// How long it stays for a reader that has lost its connection, and may connect again.
  Stream with_linger(std::chrono::milliseconds linger) && {
    options_.linger = linger;
    return std::move(*this);
  }
  /// At the producer: what may be kept for a reader that asks again. At the reader, before it is
  /// read: how much may be under way.
  Stream with_window(const StreamWindow& window) && {
    options_.window = window;
    return std::move(*this);
  }

  // For the bus.

  /// The end that answers pulls; this stream is not valid any more.
  /// @throws std::logic_error  it is not valid.
  std::shared_ptr<detail::StreamSource<T>> release_source(
      detail::Timers& timers, detail::StreamClock clock = &std::chrono::steady_clock::now) {
    if (source_) return std::exchange(source_, nullptr);
    if (!begun()) detail::throw_no_future("Stream");
    return std::make_shared<detail::StreamSource<T>>(std::exchange(producer_, nullptr), options_,
                                                     timers, std::move(clock));
  }
  /// The same for a stream that is being sent, perhaps more than once until it gets there.
  std::shared_ptr<detail::StreamSource<T>> travelling(detail::Timers& timers) {
    if (!source_) source_ = release_source(timers);
    return source_;
  }
  /// A stream that reads from a source elsewhere.
  static Stream from(std::shared_ptr<detail::StreamPull<T>> pull, const StreamWindow& window = {}) {
    Stream stream;
    stream.pull_ = std::move(pull);
    stream.options_.window = window;
    return stream;
  }
  static Stream from(std::shared_ptr<detail::Producer<T>> producer) {
    return Stream(std::move(producer));
  }
  template <class Archive>
  void save(Archive& ar) const {
    detail::save_stream(ar, const_cast<Stream&>(*this));  // what is sent is moved out
  }
  template <class Archive>
  void load(Archive& ar) {
    detail::load_stream(ar, *this);
  }

 private:
  explicit Stream(std::shared_ptr<detail::Producer<T>> producer) noexcept
      : producer_(std::move(producer)) {}

  /// Whether there is something to read from; a source elsewhere is pulled from now on.
  bool begun() {
    if (pull_)
      producer_ =
          std::make_shared<detail::StreamReader<T>>(std::exchange(pull_, nullptr), options_.window);
    return producer_ != nullptr;
  }

  std::shared_ptr<detail::Producer<T>> producer_;
  std::shared_ptr<detail::StreamPull<T>> pull_;      // nobody has read yet
  std::shared_ptr<detail::StreamSource<T>> source_;  // it was sent
  StreamOptions options_;
  std::optional<T> item_;  // of the iterator
};

/// The side of a stream that items are written to. To be ended with finish() or fail(); one that is
/// destroyed before ends the stream with BrokenPromise, so that a reader does not take a part for
/// the whole.
/// Thread safety: thread safe, but for moving and destroying.
template <class T>
class StreamWriter {
 public:
  StreamWriter() = default;
  StreamWriter(StreamWriter&&) noexcept = default;
  StreamWriter& operator=(StreamWriter&& other) noexcept {
    if (this != &other) {
      abandon();
      queue_ = std::move(other.queue_);
    }
    return *this;
  }
  ~StreamWriter() { abandon(); }

  /// Blocks while the window is full. @return false  the reader is gone: stop.
  bool write(T item) { return queue_ && queue_->write(std::move(item)); }
  /// Does not block. @return false  the window is full, or the reader is gone: see closed(). The
  /// item is as it was then.
  bool try_write(T&& item) { return queue_ && queue_->try_write(item); }
  /// Whether writing has no use any more: the reader is gone, or the stream was ended here.
  bool closed() const { return !queue_ || queue_->over(); }

  /// The end. What was written is still read.
  void finish() {
    if (queue_) queue_->end(nullptr);
  }
  /// The same, but the reader's next() throws that after the items before it.
  void fail(std::exception_ptr error) {
    if (queue_) queue_->end(std::move(error));
  }

 private:
  template <class U>
  friend std::pair<StreamWriter<U>, Stream<U>> make_stream(const StreamWindow& window);
  explicit StreamWriter(std::shared_ptr<detail::WriterQueue<T>> queue) noexcept
      : queue_(std::move(queue)) {}

  void abandon() noexcept {
    if (queue_ && !queue_->over())
      queue_->end(std::make_exception_ptr(
          BrokenPromise("the writer of this stream went away without finish()")));
  }

  std::shared_ptr<detail::WriterQueue<T>> queue_;
};

/// A stream and its writer: `auto [writer, stream] = rmi::make_stream<int>();`
/// @param window  how much may be written ahead of the reader.
template <class T>
std::pair<StreamWriter<T>, Stream<T>> make_stream(const StreamWindow& window = {}) {
  const auto queue = std::make_shared<detail::WriterQueue<T>>(window);
  return {StreamWriter<T>(queue), Stream<T>::from(std::shared_ptr<detail::Producer<T>>(queue))};
}

}  // namespace rmi

#include <rmi/detail/stream_wire.hpp>
