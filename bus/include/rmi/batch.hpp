// Many calls of one object in one message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/detail/invoke.hpp>
#include <rmi/detail/members.hpp>
#include <rmi/proxy.hpp>

namespace rmi {

/// What one call of a batch will have given, once the batch has run. A value: copies show the same
/// result. Thread safety: thread safe, but for get() while the batch runs.
template <class T>
class BatchResult {
 public:
  /// Whether the batch has run.
  bool ready() const noexcept { return end_->done; }
  /// The result. May be called again, if T can be copied.
  /// @throws what the call threw; Cancelled, with `not_executed`, when an earlier call of the batch
  ///         failed; std::logic_error when the batch has not run.
  T get() const {
    if (!end_->done) throw std::logic_error("the batch of this result has not run yet");
    if (end_->error) std::rethrow_exception(end_->error);
    if constexpr (std::is_void_v<T>)
      return;
    else if constexpr (std::is_copy_constructible_v<T>)
      return *end_->value;
    else
      return std::move(*end_->value);
  }

  struct End final : detail::AsyncEnd {
    void reply(std::span<const std::byte> payload, ByteOwner*) override {
      if constexpr (std::is_void_v<T>)
        decode(payload, DecodeLimits{});
      else
        decode(payload, DecodeLimits{}, value.emplace());
      done = true;
    }
    void fail(std::exception_ptr thrown) noexcept override {
      error = std::move(thrown);
      done = true;
    }
    bool done = false;
    std::optional<detail::Stored<T>> value;
    std::exception_ptr error;
  };
  /// For the library itself.
  explicit BatchResult(std::shared_ptr<End> end) : end_(std::move(end)) {}

 private:
  std::shared_ptr<End> end_;
};

namespace detail {

/// The calls of a batch, encoded. Thread safety: one thread at a time.
class BatchRecorder {
 public:
  explicit BatchRecorder(CallTarget target) : target_(std::move(target)) {}
  void add(const CallMethod& method, std::size_t payload_size, Encode encode,
           std::shared_ptr<AsyncEnd> end);
  void run();
  void post();
  Future<void> start();
  std::size_t size() const noexcept { return calls_.size(); }
  const CallTarget& target() const noexcept { return target_; }

 private:
  struct Recorded {
    std::string method;
    std::uint32_t signature;
    std::string (*print)(std::string_view);
    std::vector<std::uint8_t> payload;
    std::shared_ptr<AsyncEnd> end;
  };
  friend class BatchEnd;
  std::vector<std::byte> take(std::shared_ptr<std::vector<Recorded>>& calls);

  CallTarget target_;
  std::vector<Recorded> calls_;
};

template <class R, class... A>
BatchResult<R> invoke_batch(BatchRecorder& recorder, const CallMethod& method,
                            const A&... arguments) {
  auto end = std::make_shared<typename BatchResult<R>::End>();
  recorder.add(
      method, encoded_size(arguments...),
      [&](std::span<std::byte> into) { encode(into, arguments...); }, end);
  return BatchResult<R>(std::move(end));
}

}  // namespace detail

/// Records calls of one object and makes them all with one message. They run in order, one after
/// the other, and stop at the first that fails; its error is thrown where its result is read.
///
///     rmi::Batch<Calculator> batch(calculator);
///     auto sum = batch->add(1, 2);
///     auto quotient = batch->divide(1, 3);
///     batch.run();
///     std::cout << sum.get() << ' ' << quotient.get();
///
/// A batch is empty after it has run, and may be used again. On an object that takes one call at a
/// time, a batch is one call. Thread safety: one thread at a time. Lifetime: borrows the Bus.
template <class Interface>
class Batch {
 public:
  explicit Batch(const Proxy<Interface>& object) : recorder_(object.target()) {}

  /// The methods: each records its call.
  auto operator->() { return Arrow{{recorder_}}; }
  std::size_t size() const noexcept { return recorder_.size(); }

  /// Makes the calls and blocks until all are done. What a method throws is not thrown here.
  /// @throws the errors of the bus, as a call; all results throw the same then.
  void run() { recorder_.run(); }
  /// The same without waiting: the results are there when the future is complete.
  Future<void> start() { return recorder_.start(); }
  /// Hands the calls over without waiting for anything; there are no results. Errors of the methods
  /// are logged by the daemon.
  void post() { recorder_.post(); }

 private:
  using Stub = typename detail::Interface<Interface>::RmiBatchStub;
  struct Arrow {
    Stub stub;
    const Stub* operator->() const noexcept { return &stub; }
  };
  detail::BatchRecorder recorder_;
};

}  // namespace rmi
