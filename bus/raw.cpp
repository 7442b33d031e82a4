// Passing encoded calls on.
#include <rmi/raw.hpp>

#include <algorithm>
#include <utility>

#include <rmi/detail/deferred.hpp>
#include <rmi/schema.hpp>

namespace rmi {
namespace {

/// Completes with the bytes of the answer.
class RawEnd final : public detail::CallEnd<Blob> {
 public:
  void reply(std::span<const std::byte> payload, ByteOwner* owner) override {
    set_value(detail::BlobAccess::received(payload, owner));
  }
};

/// The whole payload of a message.
detail::Extent extent_of(const Blob& payload) {
  return {payload.size(), detail::BlobAccess::tail(payload)};
}
/// @param into  is empty when the payload is in the message already.
void write(const Blob& payload, std::span<std::byte> into) {
  if (!into.empty()) std::ranges::copy(payload, into.begin());
}

void answer(detail::ReplySink& reply, Future<Blob> result) {
  if (result.ready()) {
    const Blob blob = result.get();
    return reply.value(extent_of(blob), [&](std::span<std::byte> into) { write(blob, into); });
  }
  const std::shared_ptr<detail::LateReply> late = reply.defer();
  auto done = std::make_shared<Future<void>>(
      result
          .then([late](const Blob& blob) {
            late->value(extent_of(blob), [&](std::span<std::byte> into) { write(blob, into); });
          })
          .on_error([late](const std::exception_ptr& error) { late->error(error); }));
  late->on_cancel([done] { std::shared_ptr(done)->cancel(); });
}

}  // namespace

RawProxy::RawProxy(Bus& bus, std::string_view object) : target_(detail::target_of(bus, object)) {}

Future<Blob> RawProxy::call(const RawCall& call) const {
  const auto end = detail::make_recycled<RawEnd>();
  auto future = RawEnd::future_of(end);
  end->attach(detail::start(
      target_, {call.method, call.signature}, extent_of(call.payload),
      [&](std::span<std::byte> into) { write(call.payload, into); }, end));
  return future;
}

std::string RawProxy::schema() const {
  return detail::invoke<std::string>(target_, {"rmi.schema", 0, nullptr, {.idempotent = true}});
}

namespace detail {

ObjectDescription describe_raw(std::shared_ptr<RawObject> object) {
  ObjectDescription description;
  description.raw_schema = object ? object->schema() : std::string();
  description.described.interface = "rmi::RawObject";
  if (!description.raw_schema.empty())
    description.described.interface = parse_interface(description.raw_schema).name;
  description.described.interfaces = {description.described.interface};
  description.instance = std::move(object);
  description.raw = [](void* instance, const RawRequest& request, ReplySink& reply) {
    answer(reply, static_cast<RawObject*>(instance)->call(
                      {std::string(request.method), request.signature,
                       BlobAccess::received(request.payload, request.owner)}));
  };
  return description;
}

}  // namespace detail
}  // namespace rmi
