// Recording calls, sending them together, handing out the results.
#include <rmi/batch.hpp>

#include <fmt/format.h>

#include <utility>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

#include "bus/batch_wire.hpp"
#include "bus/control.hpp"
#include "bus/exceptions.hpp"
#include "bus/host.hpp"
#include "bus/reference_scope.hpp"

namespace rmi::detail {

/// The end of the message that carries the calls.
class BatchEnd {
 public:
  using Calls = std::vector<BatchRecorder::Recorded>;

  /// Hands each call its result.
  static void reply(Host& host, const CallTarget& target, const Calls& calls,
                    std::span<const std::byte> payload) {
    const ReferenceScope references(&host);
    BatchReply results;
    decode(payload, {}, results);
    std::string failed;
    for (std::size_t at = 0; at < calls.size(); ++at) {
      if (at < results.results.size())
        give(target, calls[at], results.results[at], failed);
      else
        calls[at].end->fail(std::make_exception_ptr(
            Cancelled(fmt::format("{}.{} of a batch did not run, because {} failed before it",
                                  target.object, calls[at].method, failed),
                      Outcome::not_executed)));
    }
  }
  static void fail(const Calls& calls, const std::exception_ptr& error) noexcept {
    for (const auto& call : calls)
      call.end->fail(error);
  }

 private:
  static void give(const CallTarget& target, const BatchRecorder::Recorded& call,
                   const BatchItem& item, std::string& failed) {
    const auto bytes = std::as_bytes(std::span(item.payload));
    try {
      if (item.failed) {
        failed = call.method;
        throw_error(read_error(bytes));
      }
      call.end->reply(bytes, nullptr);
    } catch (const SignatureMismatch& mismatch) {
      if (call.print == nullptr) return call.end->fail(std::current_exception());
      call.end->fail(std::make_exception_ptr(SignatureMismatch(
          fmt::format("{}, caller has {}", mismatch.what(), call.print(call.method)))));
    } catch (const DecodeError& error) {
      call.end->fail(std::make_exception_ptr(
          ProtocolError(fmt::format("{}.{} ran, but its result cannot be decoded: {}",
                                    target.object, call.method, error.what()),
                        Outcome::executed)));
    } catch (...) {
      call.end->fail(std::current_exception());
    }
  }
};

namespace {

/// Gives the results when the answer comes, and then completes a future.
class LateBatch final : public AsyncEnd {
 public:
  LateBatch(CallTarget target, std::shared_ptr<BatchEnd::Calls> calls)
      : target_(std::move(target)), calls_(std::move(calls)) {}
  Future<void> future() { return promise_.get_future(); }
  void reply(std::span<const std::byte> payload, ByteOwner*) override {
    BatchEnd::reply(target_.bus->host(), target_, *calls_, payload);
    promise_.set_value();
  }
  void fail(std::exception_ptr error) noexcept override {
    BatchEnd::fail(*calls_, error);
    promise_.set_exception(std::move(error));
  }

 private:
  const CallTarget target_;
  const std::shared_ptr<BatchEnd::Calls> calls_;
  Promise<void> promise_;
};

constexpr CallMethod batch_method{"rmi.batch"};

}  // namespace

void BatchRecorder::add(const CallMethod& method, std::size_t payload_size, Encode encode,
                        std::shared_ptr<AsyncEnd> end) {
  const ReferenceScope references(&target_.bus->host(), target_.timeout);
  Recorded call{std::string(method.name), method.signature, method.print,
                std::vector<std::uint8_t>(payload_size), std::move(end)};
  encode(std::as_writable_bytes(std::span(call.payload)));
  calls_.push_back(std::move(call));
}

/// The message; the calls themselves go to `calls`, and the recorder is empty then.
std::vector<std::byte> BatchRecorder::take(std::shared_ptr<std::vector<Recorded>>& calls) {
  calls = std::make_shared<std::vector<Recorded>>(std::exchange(calls_, {}));
  BatchRequest request;
  for (auto& call : *calls)
    request.calls.push_back({call.method, call.signature, std::move(call.payload)});
  std::vector<std::byte> payload(encoded_size(request));
  rmi::encode(payload, request);
  return payload;
}

void BatchRecorder::run() {
  std::shared_ptr<std::vector<Recorded>> calls;
  const auto payload = take(calls);
  if (calls->empty()) return;
  try {
    call(
        target_, batch_method, payload.size(),
        [&](std::span<std::byte> into) { std::ranges::copy(payload, into.begin()); },
        [&](std::span<const std::byte> from, ByteOwner*) {
          BatchEnd::reply(target_.bus->host(), target_, *calls, from);
        });
  } catch (...) {
    BatchEnd::fail(*calls, std::current_exception());
    throw;
  }
}

void BatchRecorder::post() {
  std::shared_ptr<std::vector<Recorded>> calls;
  const auto payload = take(calls);
  if (calls->empty()) return;
  CallTarget target = target_;
  target.oneway = true;
  call(
      target, batch_method, payload.size(),
      [&](std::span<std::byte> into) { std::ranges::copy(payload, into.begin()); },
      [](std::span<const std::byte>, ByteOwner*) {});
}

Future<void> BatchRecorder::start() {
  std::shared_ptr<std::vector<Recorded>> calls;
  const auto payload = take(calls);
  if (calls->empty()) return make_ready_future();
  const auto end = std::make_shared<LateBatch>(target_, calls);
  auto future = end->future();
  detail::start(
      target_, batch_method, payload.size(),
      [&](std::span<std::byte> into) { std::ranges::copy(payload, into.begin()); }, end);
  return future;
}

}  // namespace rmi::detail
