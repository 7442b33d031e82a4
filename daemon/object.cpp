// The callee's half of a call: from the frame to the method and back.
#include "daemon/object.hpp"

#include <fmt/format.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

#include "bus/control.hpp"
#include "bus/exceptions.hpp"

namespace rmi {
namespace {

constexpr std::string_view schema_method = "rmi.schema";
constexpr std::string_view ping_method = "rmi.ping";

Frame error_frame(const wire::View& call, ErrorCode code, Outcome outcome,
                  const std::string& text) {
  return make_error({call.header.call_id, call.header.registration}, code, outcome, text);
}

}  // namespace

/// Builds the reply frame at its exact size, once the size of the result is known.
class ServedObject::Reply final : public detail::ReplySink {
 public:
  struct TooLarge {
    std::size_t size;
  };
  Reply(const wire::View& call, std::size_t limit) : call_(call), limit_(limit) {}

  std::span<std::byte> payload(std::size_t size) override {
    if (size > limit_ - wire::header_size) throw TooLarge{size + wire::header_size};
    frame_ = wire::build({.kind = wire::Kind::reply,
                          .call_id = call_.header.call_id,
                          .registration = call_.header.registration},
                         {}, {}, size);
    return wire::payload_of(frame_);
  }
  Frame take() { return std::move(frame_); }

 private:
  const wire::View& call_;
  std::size_t limit_;
  Frame frame_;
};

ServedObject::ServedObject(std::string name, detail::ObjectDescription description, Place place)
    : name_(std::move(name)), description_(std::move(description)), place_(std::move(place)) {
  InterfaceSchema schema;
  schema.name = description_.interface;
  for (const auto& method : description_.methods) {
    auto signature = method.signature(schema.types, method.name, method.parameters, method.doc);
    if (!methods_.try_emplace(method.name).second)
      throw std::logic_error(
          fmt::format("RMI_INTERFACE of {} lists '{}' twice", schema.name, method.name));
    schema.methods.push_back(std::move(signature));
  }
  for (std::size_t i = 0; i < schema.methods.size(); ++i)
    methods_[description_.methods[i].name] = {description_.methods[i].invoke,
                                              hash(schema.methods[i], schema.types),
                                              to_string(schema.methods[i])};
  schema_text_ = to_string(schema);
  interface_hash_ = hash(schema);
}

Frame ServedObject::dispatch(const wire::View& call) {
  const auto found = methods_.find(call.method);
  if (found == methods_.end())
    return call.method.starts_with("rmi.") ? answer_reserved(call) : refuse_unknown(call);
  const Method& method = found->second;
  if (method.hash != call.header.signature)
    return error_frame(call, ErrorCode::signature_mismatch, Outcome::not_executed,
                       fmt::format("server has {}", method.signature));
  return run(method, call);
}

Frame ServedObject::run(const Method& method, const wire::View& call) {
  Reply reply(call, place_.max_reply);
  try {
    method.invoke(description_.instance.get(), call.payload, {}, reply);
    return reply.take();
  } catch (const detail::ArgumentFault& fault) {
    return error_frame(call, ErrorCode::bad_arguments, Outcome::not_executed,
                       fmt::format("the arguments of {}.{} cannot be decoded: {}; expected {}",
                                   name_, call.method, fault.text, method.signature));
  } catch (const Reply::TooLarge& result) {
    return error_frame(call, ErrorCode::message_too_large, Outcome::executed,
                       fmt::format("{}.{} ran, but its result is a message of {} bytes and the "
                                   "limit is {} bytes",
                                   name_, call.method, result.size, place_.max_reply));
  } catch (const Postponed&) {
    throw;
  } catch (const Error& error) {
    if (place_.speaks_for_bus)
      return error_frame(call, error.code(), error.outcome(), error.what());
    return report(std::current_exception(), call);
  } catch (...) {
    return report(std::current_exception(), call);
  }
}

/// The method threw: the daemon logs it and the caller gets it.
Frame ServedObject::report(const std::exception_ptr& thrown, const wire::View& call) const {
  const auto error = describe_exception(
      thrown,
      {.object = name_, .method = call.method, .host = place_.host, .process = place_.process});
  if (place_.log)
    place_.log(LogLevel::warning,
               fmt::format("{}.{} threw {}: {}", name_, call.method, error.type, error.text));
  return make_error({call.header.call_id, call.header.registration}, error);
}

Frame ServedObject::answer_reserved(const wire::View& call) {
  Reply reply(call, place_.max_reply);
  if (call.method == schema_method) {
    encode(reply.payload(encoded_size(schema_text_)), schema_text_);
  } else if (call.method == ping_method) {
    reply.payload(0);
  } else {
    return refuse_unknown(call);
  }
  return reply.take();
}

Frame ServedObject::refuse_unknown(const wire::View& call) const {
  std::vector<std::string> names;
  for (const auto& method : description_.methods)
    names.push_back(method.name);
  return error_frame(call, ErrorCode::method_not_found, Outcome::not_executed,
                     fmt::format("'{}' has no method '{}'{}", name_, call.method,
                                 did_you_mean(call.method, names)));
}

}  // namespace rmi
