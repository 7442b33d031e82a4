// Streams on the wire: a reference to a source, which the reader pulls.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <rmi/detail/blocking.hpp>
#include <rmi/detail/deferred.hpp>
#include <rmi/detail/reference_wire.hpp>
#include <rmi/errors.hpp>
#include <rmi/stream.hpp>

namespace rmi::detail {

/// How a source is called.
template <class T>
struct SourceObject {
  using Source = StreamSource<T>;
  using Sign = SignatureOf<Chunk<T>, std::uint64_t, std::uint32_t, std::uint32_t>;

  static ObjectDescription describe(std::shared_ptr<Source> source) {
    EntryList entries;
    entries.begin(&type_identity<Source>, "stream", {});
    entries.add(&type_identity<Source>,
                {"next",
                 "The chunk of that number: items, and whether it is the last.",
                 {"sequence", "max_items", "max_bytes"},
                 &Sign::make,
                 &next,
                 {.idempotent = true}});
    ObjectDescription description;
    // Closed when nobody refers to it any more: while it waits for an item it keeps itself alive.
    Source* const object = source.get();
    description.instance =
        std::shared_ptr<Source>(object, [source = std::move(source)](Source*) { source->close(); });
    description.described = entries.take(std::array<const void*, 1>{&type_identity<Source>});
    return description;
  }

 private:
  static void next(void* object, std::span<const std::byte> arguments, const DecodeLimits& limits,
                   ReplySink& reply) {
    const auto source = static_cast<Source*>(object)->shared_from_this();
    run_encoded<std::uint64_t, std::uint32_t, std::uint32_t>(
        arguments, limits, reply,
        [&](std::uint64_t sequence, std::uint32_t max_items, std::uint32_t max_bytes) {
          return source->next(sequence, max_items, max_bytes);
        });
    const BlockingScope produces;  // for as long as it likes: another worker may be needed
    source->work();
  }
};

/// A pull without an item by its deadline is made again: a stream may be slow.
template <class T>
Future<Chunk<T>> patient(Future<Chunk<T>> pulled, std::function<Future<Chunk<T>>()> again) {
  return pulled.on_error([again = std::move(again), begin = std::chrono::steady_clock::now()](
                             const std::exception_ptr& error) -> Future<Chunk<T>> {
    try {
      std::rethrow_exception(error);
    } catch (const RemoteInfo&) {
      throw;  // of the producer
    } catch (const TimeoutError&) {
      // One that came at once is of a call whose own time is over.
      if (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(50)) throw;
      return again();
    }
  });
}

/// Pulls over the bus.
template <class T>
class RemotePull final : public StreamPull<T>, public std::enable_shared_from_this<RemotePull<T>> {
 public:
  explicit RemotePull(CallTarget source) : source_(std::move(source)) {}

  Future<Chunk<T>> pull(std::uint64_t sequence, std::uint32_t max_items,
                        std::uint32_t max_bytes) override {
    using Sign = typename SourceObject<T>::Sign;
    const CallMethod method{"next", Sign::hash(), &Sign::print, {.idempotent = true}};
    CallTarget source;
    {
      const std::lock_guard lock(mutex_);
      source = source_;
    }
    return patient<T>(invoke_async<Chunk<T>>(source, method, sequence, max_items, max_bytes),
                      [self = this->shared_from_this(), sequence, max_items, max_bytes] {
                        return self->pull(sequence, max_items, max_bytes);
                      });
  }
  void close() noexcept override {
    const std::lock_guard lock(mutex_);
    source_.held.reset();
  }

 private:
  std::mutex mutex_;
  CallTarget source_;
};

template <class T>
struct Reflect<Stream<T>> {
  static constexpr Unfit unfit = Reflect<T>::unfit;
  static constexpr bool ok = Reflect<T>::ok;
  static Type make(TypeTable& types) { return make_stream(reflect<T>(types)); }
};

template <class Archive, class T>
void save_stream(Archive& ar, Stream<T>& stream) {
  if constexpr (sizes_only<Archive>) {
    ar(reference_to_size({}, stream.valid()));
  } else {
    if (!stream.valid()) return ar(std::string()), void();
    const auto source = stream.travelling(timers_here());
    ar(send_object(
        {source.get(), typeid(StreamSource<T>)}, [&] { return SourceObject<T>::describe(source); },
        true, source->options().linger));
  }
}

template <class Archive, class T>
void load_stream(Archive& ar, Stream<T>& stream) {
  std::string name;
  ar(name);
  if (name.empty()) {
    stream.close();
    return;
  }
  stream = Stream<T>::from(std::static_pointer_cast<StreamPull<T>>(
      std::make_shared<RemotePull<T>>(receive_reference(std::move(name)))));
}

}  // namespace rmi::detail
