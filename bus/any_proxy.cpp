// AnyProxy: schema cache and checks.
#include <rmi/any_proxy.hpp>

#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "bus/json.hpp"
#include "bus/json_stream.hpp"

namespace rmi {

struct AnyProxy::Cache {
  std::mutex mutex;
  std::shared_ptr<const InterfaceSchema> schema;
};

AnyProxy::AnyProxy(Bus& bus, std::string_view object)
    : target_(detail::target_of(bus, object)), cache_(std::make_shared<Cache>()) {}

AnyProxy AnyProxy::with_timeout(std::chrono::milliseconds timeout) const {
  AnyProxy copy = *this;
  copy.target_.timeout = detail::checked_timeout(timeout);
  copy.target_.own_timeout = true;
  return copy;
}

AnyProxy AnyProxy::oneway() const {
  AnyProxy copy = *this;
  copy.target_.oneway = true;
  return copy;
}

AnyProxy AnyProxy::sticky() const {
  AnyProxy copy = *this;
  copy.target_.sticky = true;
  return copy;
}

AnyProxy AnyProxy::waiting() const {
  AnyProxy copy = *this;
  copy.target_.wait_for_name = true;
  return copy;
}

AnyProxy AnyProxy::no_wait() const {
  AnyProxy copy = *this;
  copy.target_.no_wait = true;
  return copy;
}

AnyProxy AnyProxy::retried() const {
  AnyProxy copy = *this;
  copy.target_.retried = true;
  return copy;
}

AnyProxy AnyProxy::over(Path path) const {
  AnyProxy copy = *this;
  copy.target_.path = path;
  return copy;
}

AnyProxy AnyProxy::annotated(Annotations notes, Annotations* answered) const {
  AnyProxy copy = *this;
  copy.target_.annotations = std::make_shared<const Annotations>(std::move(notes));
  copy.target_.answered = answered;
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
  detail::CallTarget asked = target_;  // an answer is needed, and the notes are for the methods
  asked.oneway = false;
  asked.annotations = nullptr;
  asked.answered = nullptr;
  const auto text =
      detail::invoke<std::string>(asked, {"rmi.schema", 0, nullptr, {.idempotent = true}});
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
  throw MethodNotFound(unknown_method(schema, object, method));
}

}  // namespace

detail::CallMethod AnyProxy::check(std::string_view method, const Signature& mine,
                                   const TypeTable& types, bool any_result) const {
  const auto schema = fetch();
  const Signature& theirs = find_method(*schema, name(), method);
  const std::uint32_t published = hash(theirs, schema->types);
  Signature compared = theirs;
  if (any_result) compared.result = mine.result;
  if (hash(compared, schema->types) != hash(mine, types))
    throw SignatureMismatch(
        fmt::format("server has {}, caller has {}", to_string(theirs), to_string(mine)));
  return {method, published, nullptr, theirs.traits};
}

void AnyProxy::call_with_json(std::string_view method, std::string_view arguments,
                              Take take) const {
  const auto parsed = parse_json(arguments);
  with_fresh_schema([&] {
    const auto schema = fetch();
    const Signature& signature = find_method(*schema, name(), method);
    const auto payload = encode_arguments(parsed, signature, schema->types);
    detail::call(
        target_, {method, hash(signature, schema->types), nullptr, signature.traits},
        payload.size(),
        [&](std::span<std::byte> into) { std::ranges::copy(payload, into.begin()); },
        [&](std::span<const std::byte> from, ByteOwner*) { take(from, signature, schema->types); });
  });
}

std::string AnyProxy::call_json(std::string_view method, std::string_view arguments) const {
  std::string result = "null";  // of a oneway method nothing comes
  call_with_json(
      method, arguments,
      [&](std::span<const std::byte> from, const Signature& signature, const TypeTable& types) {
        result = decode_value(from, signature.result, types).dump();
      });
  return result;
}

Stream<std::string> AnyProxy::stream_json(std::string_view method,
                                          std::string_view arguments) const {
  if (const auto schema = fetch(); const Signature* found = find(*schema, method))
    if (found->result.kind != Kind::stream)
      throw SignatureMismatch(
          fmt::format("server has {}, caller reads a stream from it", to_string(*found)));
  Stream<std::string> stream;
  call_with_json(
      method, arguments,
      [&](std::span<const std::byte> from, const Signature& signature, const TypeTable& types) {
        std::string source;
        decode(from, {}, source);
        if (signature.result.kind != Kind::stream || source.empty()) return;
        stream = json_stream(detail::receive_reference(std::move(source)),
                             signature.result.items.front(), types);
      });
  return stream;
}

}  // namespace rmi
