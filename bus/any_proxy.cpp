// AnyProxy: schema cache and checks.
#include <rmi/any_proxy.hpp>

#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "bus/json.hpp"

namespace rmi {

struct AnyProxy::Cache {
  std::mutex mutex;
  std::shared_ptr<const InterfaceSchema> schema;
};

AnyProxy::AnyProxy(Bus& bus, std::string_view object)
    : target_{&bus, detail::object_name(bus, object), bus.timeout()},
      cache_(std::make_shared<Cache>()) {}

AnyProxy AnyProxy::with_timeout(std::chrono::milliseconds timeout) const {
  AnyProxy copy = *this;
  copy.target_.timeout = detail::checked_timeout(timeout);
  return copy;
}

void AnyProxy::ping() const {
  detail::invoke<void>(target_, {"rmi.ping"});
}

InterfaceSchema AnyProxy::schema() const {
  return *fetch();
}

void AnyProxy::forget() const {
  const std::lock_guard lock(cache_->mutex);
  cache_->schema.reset();
}

std::shared_ptr<const InterfaceSchema> AnyProxy::fetch() const {
  {
    const std::lock_guard lock(cache_->mutex);
    if (cache_->schema) return cache_->schema;
  }
  const auto text = detail::invoke<std::string>(target_, {"rmi.schema"});
  std::shared_ptr<const InterfaceSchema> schema;
  try {
    schema = std::make_shared<const InterfaceSchema>(parse_interface(text));
  } catch (const SchemaError& error) {
    throw ProtocolError(
        fmt::format("the schema that '{}' publishes cannot be read: {}", name(), error.what()),
        Outcome::not_executed);
  }
  const std::lock_guard lock(cache_->mutex);
  return cache_->schema = std::move(schema);
}

namespace {

const Signature& find_method(const InterfaceSchema& schema, std::string_view object,
                             std::string_view method) {
  if (const Signature* found = find(schema, method)) return *found;
  throw MethodNotFound(fmt::format("'{}' has no method '{}'{}", object, method,
                                   did_you_mean(method, method_names(schema))));
}

}  // namespace

std::uint32_t AnyProxy::check(std::string_view method, const Signature& mine,
                              const TypeTable& types, bool any_result) const {
  const auto schema = fetch();
  const Signature& theirs = find_method(*schema, name(), method);
  const std::uint32_t published = hash(theirs, schema->types);
  Signature compared = theirs;
  if (any_result) compared.result = mine.result;
  if (hash(compared, schema->types) != hash(mine, types))
    throw SignatureMismatch(
        fmt::format("server has {}, caller has {}", to_string(theirs), to_string(mine)));
  return published;
}

std::string AnyProxy::call_json(std::string_view method, std::string_view arguments) const {
  const auto parsed = parse_json(arguments);
  return with_fresh_schema([&] {
    const auto schema = fetch();
    const Signature& signature = find_method(*schema, name(), method);
    const auto payload = encode_arguments(parsed, signature, schema->types);
    std::string result;
    detail::call(
        target_, {method, hash(signature, schema->types), nullptr}, payload.size(),
        [&](std::span<std::byte> into) { std::ranges::copy(payload, into.begin()); },
        [&](std::span<const std::byte> from) {
          result = decode_value(from, signature.result, schema->types).dump();
        });
    return result;
  });
}

}  // namespace rmi
