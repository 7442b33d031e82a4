// Which items go out in which chunk: the bookkeeping of the producing end of a stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rmi/detail/stream_producer.hpp>
#include <rmi/stream_window.hpp>

namespace rmi::detail {

/// The answer to a pull. Copies share the items: what is sent is also kept for asking again.
template <class T>
class Chunk {
 public:
  Chunk() : items_(std::make_shared<std::vector<T>>()) {}
  Chunk(std::vector<T> items, bool last)
      : items_(std::make_shared<std::vector<T>>(std::move(items))), end_(last) {}

  const std::vector<T>& items() const noexcept { return *items_; }
  /// No items come after these.
  bool end() const noexcept { return end_; }
  /// For a reader that decoded it: the items are its own.
  std::vector<T>&& take_items() noexcept { return std::move(*items_); }

  template <class Archive>
  void serialize(Archive& ar) {
    ar(cereal::make_nvp("items", *items_), cereal::make_nvp("end", end_));
  }

 private:
  std::shared_ptr<std::vector<T>> items_;
  bool end_ = false;
};

/// Most pulls that may be in flight for one stream; a pull acknowledges all that lie further back.
inline constexpr std::uint64_t max_stream_pulls = 16;

[[noreturn]] void throw_pull_gone(std::uint64_t sequence, std::uint64_t next);
std::exception_ptr pull_asked_again(std::uint64_t sequence);

/// Pulls that wait, items that are ready, and chunks that may be asked for again. Pure: no locks,
/// no time; answers are returned to be given without a lock. Thread safety: one thread at a time.
template <class T>
class ChunkBook {
 public:
  using Waiter = StatePtr<FutureState<Chunk<T>>>;
  struct Pull {
    Waiter waiter;
    std::size_t items = 0;
    std::size_t bytes = 0;
  };
  /// A chunk, or an error, and who gets it.
  struct Answer {
    Waiter waiter;
    Chunk<T> chunk;
    std::exception_ptr error;

    void give() const noexcept {
      if (error) {
        waiter->set_exception(error);
      } else {
        waiter->set_value(chunk);
      }
    }
  };
  using Answers = std::vector<Answer>;

  explicit ChunkBook(const StreamWindow& window) : window_(window) {}

  /// @throws ProtocolError  that chunk was acknowledged, or is too far ahead.
  void pull(std::uint64_t sequence, Pull pull, Answers& answers) {
    if (sequence < next_) return again(sequence, std::move(pull.waiter), answers);
    if (sequence >= next_ + max_stream_pulls) throw_pull_gone(sequence, next_);
    while (!kept_.empty() && kept_.front().sequence + max_stream_pulls <= sequence)
      forget_oldest();
    pull.items = std::clamp<std::size_t>(pull.items, 1, std::max<std::size_t>(1, window_.items));
    pull.bytes = std::min(pull.bytes, window_.bytes);
    Pull& place = waiting_[sequence];
    if (place.waiter) answers.push_back({std::move(place.waiter), {}, pull_asked_again(sequence)});
    place = std::move(pull);
  }

  void add(T item) {
    const std::size_t bytes = item_bytes(item);
    ready_bytes_ += bytes;
    ready_.push_back({std::move(item), bytes});
  }

  /// What is ready is still given; then comes the error, or the end. Only the first call counts.
  void end(std::exception_ptr error) {
    if (over_) return;
    over_ = true;
    error_ = std::move(error);
  }

  /// The reader is gone: keeps nothing.
  void drop() noexcept {
    ready_.clear();
    kept_.clear();
    ready_bytes_ = kept_items_ = kept_bytes_ = 0;
  }

  bool over() const noexcept { return over_; }
  bool has_items() const noexcept { return !ready_.empty(); }

  /// The pull whose turn it is, if items would be given to it.
  const Pull* wanted() const {
    const auto first = waiting_.begin();
    return over_ || first == waiting_.end() || first->first != next_ ? nullptr : &first->second;
  }
  /// Whether there is enough for a full chunk of that size.
  bool fills(std::size_t items, std::size_t bytes) const noexcept {
    return !ready_.empty() && (ready_.size() >= items || ready_bytes_ >= bytes);
  }

  /// Gives what is ready to the pulls whose turn it is.
  void answer(Answers& answers) {
    while (!waiting_.empty() && waiting_.begin()->first == next_ && (!ready_.empty() || over_)) {
      const Pull pull = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      Kept kept{next_++, {}, nullptr, 0};
      std::vector<T> items = take(pull, kept.bytes);
      if (items.empty()) kept.error = error_;
      kept.chunk = Chunk<T>(std::move(items), over_ && ready_.empty() && !error_);
      answers.push_back({pull.waiter, kept.chunk, kept.error});
      keep(std::move(kept));
    }
  }

 private:
  struct Ready {
    T item;
    std::size_t bytes;
  };
  struct Kept {
    std::uint64_t sequence;
    Chunk<T> chunk;
    std::exception_ptr error;
    std::size_t bytes;
  };

  std::vector<T> take(const Pull& pull, std::size_t& bytes) {
    std::vector<T> items;
    while (!ready_.empty() && items.size() < pull.items &&
           (items.empty() || bytes + ready_.front().bytes <= pull.bytes)) {
      bytes += ready_.front().bytes;
      items.push_back(std::move(ready_.front().item));
      ready_.pop_front();
    }
    ready_bytes_ -= bytes;
    return items;
  }

  void again(std::uint64_t sequence, Waiter waiter, Answers& answers) const {
    for (const Kept& kept : kept_) {
      if (kept.sequence != sequence) continue;
      answers.push_back({std::move(waiter), kept.chunk, kept.error});
      return;
    }
    throw_pull_gone(sequence, next_);
  }

  void keep(Kept kept) {
    kept_items_ += kept.chunk.items().size();
    kept_bytes_ += kept.bytes;
    kept_.push_back(std::move(kept));
    while (kept_.size() > 1 && (kept_items_ > window_.items || kept_bytes_ > window_.bytes))
      forget_oldest();
  }
  void forget_oldest() {
    kept_items_ -= kept_.front().chunk.items().size();
    kept_bytes_ -= kept_.front().bytes;
    kept_.pop_front();
  }

  const StreamWindow window_;
  std::uint64_t next_ = 0;  // number of the next chunk
  std::map<std::uint64_t, Pull> waiting_;
  std::deque<Ready> ready_;  // produced, not yet in a chunk
  std::size_t ready_bytes_ = 0;
  std::deque<Kept> kept_;  // given, not acknowledged
  std::size_t kept_items_ = 0;
  std::size_t kept_bytes_ = 0;
  std::exception_ptr error_;  // comes after what is ready
  bool over_ = false;         // the producer gives no more
};

}  // namespace rmi::detail
