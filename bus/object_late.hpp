// The answer of a method that has returned before it was known.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include "bus/answer.hpp"
#include "bus/host.hpp"
#include "bus/object.hpp"
#include "bus/reference_scope.hpp"

namespace rmi {

/// An answer that comes later. Keeps the call, and with it the object and the frame, until then.
class ServedObject::Late final : public detail::LateReply {
 public:
  Late(ServedObject& object, const wire::View& call, Job served)
      : object_(object), call_(call), served_(std::move(served)) {}
  Late(const Late&) = delete;
  Late& operator=(const Late&) = delete;
  ~Late() override {
    if (served_) error(std::make_exception_ptr(std::logic_error("the method gave up its answer")));
  }

  void value(const detail::Extent& result,
             detail::FunctionRef<void(std::span<std::byte>)> encode) override {
    const Job served = current();
    if (!served) return;
    try {
      const ReferenceScope references(served->host, {}, served->session());
      Frame frame = build_reply(call_, served.get(), result, object_.place_.max_reply, encode);
      served->sent_references = references.sent();
      finish(frame.empty() ? object_.too_large(call_, result.size) : std::move(frame));
    } catch (const Overloaded& over) {
      finish(object_.not_sent(call_, over));
    } catch (...) {  // encoding threw
      error(std::current_exception());
    }
  }
  void error(const std::exception_ptr& thrown) override {
    if (const Job served = current()) finish(object_.report(thrown, call_, served));
  }
  void on_cancel(std::function<void()> act) override {
    const Job served = current();
    if (!served) return;
    // May call `act` at once, and with it end this call: so without the lock.
    auto stopped =
        std::make_unique<StopCallback>(served->host->stop_token(*served), std::move(act));
    const std::lock_guard lock(mutex_);
    if (served_) stopped_ = std::move(stopped);
  }

 private:
  using StopCallback = std::stop_callback<std::function<void()>>;

  Job current() {
    const std::lock_guard lock(mutex_);
    return served_;
  }
  void finish(Frame frame) {
    Job served;
    {
      const std::lock_guard lock(mutex_);
      served.swap(served_);
    }
    if (served) served->host->answer_later(served, std::move(frame));
  }

  ServedObject& object_;
  const wire::View call_;
  std::mutex mutex_;  ///< guards what follows
  Job served_;
  std::unique_ptr<StopCallback> stopped_;
};

}  // namespace rmi
