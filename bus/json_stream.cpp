// Pulls chunks whose type is known at run time only.
#include "bus/json_stream.hpp"

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <rmi/detail/stream_wire.hpp>

#include "bus/json.hpp"

namespace rmi {
namespace {

using TextChunk = detail::Chunk<std::string>;

/// Cannot be the name of a C++ type.
constexpr const char* chunk_name = "rmi.chunk";

/// How the source is called: detail::SourceObject, without its C++ types.
struct Next {
  Next(const Type& item, const TypeTable& defined) : types(defined) {
    Type items;
    items.kind = Kind::list;
    items.items = {item};
    Type end;
    end.kind = Kind::bool_;
    types.add({chunk_name, StructType{{{"items", items}, {"end", end}}}});
    signature.name = "next";
    for (const Kind kind : {Kind::u64, Kind::u32, Kind::u32}) {
      Parameter parameter;
      parameter.type.kind = kind;
      signature.parameters.push_back(parameter);
    }
    signature.result.kind = Kind::named;
    signature.result.name = chunk_name;
    signature.traits.idempotent = true;
  }

  TypeTable types;
  Signature signature;
};

class ChunkEnd final : public detail::CallEnd<TextChunk> {
 public:
  explicit ChunkEnd(std::shared_ptr<const Next> next) : next_(std::move(next)) {}
  void reply(std::span<const std::byte> payload, ByteOwner*) override {
    const Json chunk = decode_value(payload, next_->signature.result, next_->types);
    std::vector<std::string> items;
    for (const Json& item : chunk.at("items"))
      items.push_back(to_text(item));
    set_value(TextChunk(std::move(items), chunk.at("end").get<bool>()));
  }

 private:
  const std::shared_ptr<const Next> next_;
};

class JsonPull final : public detail::StreamPull<std::string>,
                       public std::enable_shared_from_this<JsonPull> {
 public:
  JsonPull(detail::CallTarget source, std::shared_ptr<const Next> next)
      : source_(std::move(source)),
        next_(std::move(next)),
        hash_(hash(next_->signature, next_->types)) {}

  Future<TextChunk> pull(std::uint64_t sequence, std::uint32_t max_items,
                         std::uint32_t max_bytes) override {
    detail::CallTarget source;
    {
      const std::lock_guard lock(mutex_);
      source = source_;
    }
    const auto end = detail::make_recycled<ChunkEnd>(next_);
    auto future = ChunkEnd::future_of(end);
    end->attach(detail::start(
        source, {next_->signature.name, hash_, nullptr, next_->signature.traits},
        encoded_size(sequence, max_items, max_bytes),
        [&](std::span<std::byte> into) { encode(into, sequence, max_items, max_bytes); }, end));
    return detail::patient<std::string>(
        std::move(future), [self = shared_from_this(), sequence, max_items, max_bytes] {
          return self->pull(sequence, max_items, max_bytes);
        });
  }
  void close() noexcept override {
    const std::lock_guard lock(mutex_);
    source_.held.reset();
  }

 private:
  std::mutex mutex_;  // guards source_
  detail::CallTarget source_;
  const std::shared_ptr<const Next> next_;
  const std::uint32_t hash_;
};

}  // namespace

Stream<std::string> json_stream(detail::CallTarget source, const Type& item,
                                const TypeTable& types) {
  return Stream<std::string>::from(std::static_pointer_cast<detail::StreamPull<std::string>>(
      std::make_shared<JsonPull>(std::move(source), std::make_shared<const Next>(item, types))));
}

}  // namespace rmi
