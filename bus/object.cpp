// The callee's half of a call: from the frame to the method and back.
#include "bus/object.hpp"

#include <fmt/format.h>

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

#include "bus/answer.hpp"
#include "bus/batch_wire.hpp"
#include "bus/control.hpp"
#include "bus/exceptions.hpp"
#include "bus/frame_owner.hpp"
#include "bus/host.hpp"
#include "bus/object_late.hpp"

namespace rmi {
namespace {

constexpr std::string_view schema_method = "rmi.schema";
constexpr std::string_view ping_method = "rmi.ping";
constexpr std::string_view batch_method = "rmi.batch";
constexpr std::string_view ticket_method = "rmi.ticket";

Frame error_frame(const wire::View& call, ErrorCode code, Outcome outcome,
                  const std::string& text) {
  return make_error({call.header.call_id, call.header.registration}, code, outcome, text);
}

std::string caller_text(const ServedCall& call) {
  return call.host->caller_text(call) + (call.oneway() ? ", oneway" : "");
}

struct TooLarge {
  std::size_t size;
};

}  // namespace

/// Builds the reply frame at its exact size, once the result is known.
class ServedObject::Reply final : public detail::ReplySink {
 public:
  Reply(ServedObject& object, const wire::View& call, const Job& served)
      : object_(object), call_(call), served_(served) {
    if (served) owner_.emplace(served->frame);
  }

  ByteOwner* arguments_owner() override {
    // A part of a batch lies in memory of its own.
    const bool own = owner_ && call_.payload.data() == served_->view.payload.data();
    return own ? &*owner_ : nullptr;
  }
  void value(const detail::Extent& result,
             detail::FunctionRef<void(std::span<std::byte>)> encode) override {
    try {
      frame_ = build_reply(call_, served_.get(), result, object_.place_.max_reply, encode);
    } catch (const Overloaded& over) {
      frame_ = object_.not_sent(call_, over);
      return;
    }
    if (frame_.empty()) throw TooLarge{result.size};
  }
  std::shared_ptr<detail::LateReply> defer() override {
    if (!served_ || call_.payload.data() != served_->view.payload.data())
      throw std::logic_error("a method that answers later cannot be part of a batch");
    auto late = std::make_shared<Late>(object_, call_, served_);
    served_->host->will_answer_later(*served_);
    return late;
  }
  Frame take() { return std::move(frame_); }

 private:
  ServedObject& object_;
  const wire::View& call_;
  const Job& served_;
  std::optional<FrameOwner> owner_;
  Frame frame_;
};

ServedObject::ServedObject(std::string name, detail::ObjectDescription description, Place place)
    : name_(std::move(name)), description_(std::move(description)), place_(std::move(place)) {
  const auto& entries = description_.described.methods;
  const InterfaceSchema schema = detail::schema_of(description_.described);
  for (std::size_t i = 0; i < entries.size(); ++i)
    methods_[entries[i].name] = {entries[i].invoke, hash(schema.methods[i], schema.types),
                                 to_string(schema.methods[i])};
  schema_text_ = to_string(schema);
  interface_hash_ = hash(schema);
  if (description_.kept_replies != 0)
    kept_ =
        std::make_unique<KeptReplies>(KeptReplies::Limits{.replies = description_.kept_replies});
  if (!description_.raw) return;
  schema_text_ = description_.raw_schema;
  interface_hash_ = schema_text_.empty() ? 0 : hash(parse_interface(schema_text_));
}

bool ServedObject::answers_aside(std::string_view method) noexcept {
  return method == ping_method || method == schema_method;
}

/// Null if there is none of that name.
const ServedObject::Method* ServedObject::find(std::string_view name) noexcept {
  const auto* last = called_.load(std::memory_order_relaxed);
  if (last != nullptr && last->first == name) return &last->second;
  const auto found = methods_.find(name);
  if (found == methods_.end()) return nullptr;
  called_.store(&*found, std::memory_order_relaxed);
  return &found->second;
}

Frame ServedObject::dispatch(const wire::View& call, const Job& served) {
  const Method* const found = find(call.method);
  if (found == nullptr) {
    if (call.method.starts_with("rmi.")) return answer_reserved(call, served);
    return description_.raw ? run_raw(call, served) : refuse_unknown(call);
  }
  const Method& method = *found;
  if (method.hash != call.header.signature)
    return error_frame(call, ErrorCode::signature_mismatch, Outcome::not_executed,
                       fmt::format("server has {}", method.signature));
  return run(method, call, served);
}

/// The instance that the call goes to; made now if it is the first one to need it.
void* ServedObject::instance_for(const Job& served) {
  if (description_.mode == detail::InstanceMode::single) return description_.instance.get();
  if (!served) throw std::logic_error("an object of the broker has one instance");
  const auto make = [&] {
    auto instance = description_.create();
    if (!instance) throw std::logic_error("the creator of '" + name_ + "' returned a null pointer");
    return instance;
  };
  if (description_.mode == detail::InstanceMode::per_call) {
    if (!served->instance) served->instance = make();
    return served->instance.get();
  }
  const std::lock_guard lock(served->queue->making);
  if (!served->queue->instance) served->queue->instance = make();
  return served->queue->instance.get();
}

Frame ServedObject::run(const Method& method, const wire::View& call, const Job& served) {
  return guard(call, served, method.signature,
               [&](Reply& reply) { method.invoke(instance_for(served), call.payload, {}, reply); });
}

Frame ServedObject::run_raw(const wire::View& call, const Job& served) {
  return guard(call, served, call.method, [&](Reply& reply) {
    description_.raw(instance_for(served),
                     {call.method, call.header.signature, call.payload, reply.arguments_owner()},
                     reply);
  });
}

template <class Invoke>
Frame ServedObject::guard(const wire::View& call, const Job& served, std::string_view signature,
                          Invoke&& invoke) {
  Reply reply(*this, call, served);
  try {
    invoke(reply);
    return reply.take();
  } catch (const detail::ArgumentFault& fault) {
    return error_frame(call, ErrorCode::bad_arguments, Outcome::not_executed,
                       fmt::format("the arguments of {}.{} cannot be decoded: {}; expected {}",
                                   name_, call.method, fault.text, signature));
  } catch (const TooLarge& result) {
    return too_large(call, result.size);
  } catch (const Postponed&) {
    throw;
  } catch (const Error& error) {
    if (place_.speaks_for_bus)
      return error_frame(call, error.code(), error.outcome(), error.what());
    return report(std::current_exception(), call, served);
  } catch (...) {
    return report(std::current_exception(), call, served);
  }
}

Frame ServedObject::too_large(const wire::View& call, std::size_t size) const {
  return error_frame(call, ErrorCode::message_too_large, Outcome::executed,
                     fmt::format("{}.{} ran, but its result is a message of {} bytes and the "
                                 "limit is {} bytes",
                                 name_, call.method, size + wire::header_size, place_.max_reply));
}

/// The result has more references, or streams, than may be given.
Frame ServedObject::not_sent(const wire::View& call, const Overloaded& over) const {
  return error_frame(
      call, ErrorCode::overloaded, Outcome::executed,
      fmt::format("{}.{} ran, but its result is not sent: {}", name_, call.method, over.what()));
}

/// The method threw: it is logged here and the caller gets it.
Frame ServedObject::report(const std::exception_ptr& thrown, const wire::View& call,
                           const Job& served) {
  const auto error = describe_exception(
      thrown,
      {.object = name_, .method = call.method, .host = place_.host, .process = place_.process});
  // What a stream ended with answers all pulls that are under way: one line says it.
  const bool shared = call.object.starts_with('@');
  if (place_.log && (!shared || is_news(thrown))) {
    // Who throws that was told to stop, by a caller who does not wait any more.
    const bool told_to_stop = error.type == "rmi::Cancelled";
    place_.log({told_to_stop ? LogLevel::debug : LogLevel::warning, "method-threw",
                fmt::format("{}.{} threw {}{}", name_, call.method, thrown_text(error),
                            served ? "; called by " + caller_text(*served) : ""),
                served ? std::string_view(served->correlation) : std::string_view()});
  }
  return make_error({call.header.call_id, call.header.registration}, error);
}

bool ServedObject::is_news(const std::exception_ptr& thrown) {
  std::exception_ptr before = thrown;  // destroyed without the lock
  {
    const std::lock_guard lock(logged_mutex_);
    logged_.swap(before);
  }
  return before != thrown;
}

Frame ServedObject::answer_reserved(const wire::View& call, const Job& served) {
  if (call.method == batch_method && served) return run_batch(call, served);
  if (call.method == ticket_method) return give_ticket(call, served);
  Reply reply(*this, call, served);
  if (call.method == schema_method) {
    detail::Answering<std::string>::send(reply, schema_text_);
  } else if (call.method == ping_method) {
    reply.nothing();
  } else {
    return refuse_unknown(call);
  }
  return reply.take();
}

Frame ServedObject::give_ticket(const wire::View& call, const Job& served) {
  if (!kept_ || !served)
    return error_frame(
        call, ErrorCode::bad_arguments, Outcome::not_executed,
        fmt::format("'{}' keeps no replies, so its calls cannot be made again: serve it with "
                    "kept_replies, or mark the method as rmi::idempotent",
                    name_));
  Reply reply(*this, call, served);
  detail::Answering<std::uint64_t>::send(reply, served->host->new_ticket(*served));
  return reply.take();
}

/// One call after the other, up to the first that fails. What it fails with is the last result.
Frame ServedObject::run_batch(const wire::View& call, const Job& served) {
  return guard(call, served, "rmi.batch", [&](Reply& reply) {
    const BatchRequest request = read_batch_request(call.payload);  // the caller's fault: below
    BatchReply results;
    for (const auto& item : request.calls) {
      wire::View part = call;
      part.method = item.method;
      part.header.signature = item.signature;
      part.payload = std::as_bytes(std::span(item.payload));
      const Frame answer =
          item.method.starts_with("rmi.") ? refuse_unknown(part) : dispatch(part, served);
      const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.payload.data());
      results.results.push_back(
          {view.header.kind == wire::Kind::error, {bytes, bytes + view.payload.size()}});
      if (view.header.kind == wire::Kind::error) break;
    }
    detail::Answering<BatchReply>::send(reply, results);
  });
}

Frame ServedObject::refuse_unknown(const wire::View& call) const {
  return error_frame(call, ErrorCode::method_not_found, Outcome::not_executed,
                     unknown_method(detail::schema_of(description_.described), name_, call.method));
}

}  // namespace rmi
