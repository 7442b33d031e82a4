// Streams that rmi-call sends: items given as JSON, pulled by whoever gets the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <rmi/raw.hpp>
#include <rmi/schema.hpp>

#include "bus/json.hpp"

namespace rmi::cli {

/// The source behind a stream, as detail::StreamSource is, for types known at run time only. All
/// items are there from the beginning. Thread safety: thread safe.
class JsonSource final : public RawObject {
 public:
  /// @param items  an array of values of that type. Lifetime: borrows the types.
  /// @throws BadArguments  an item is not of that type; @param subject  what the text calls them.
  JsonSource(Json items, const Type& type, const TypeTable& types, const std::string& subject);

  /// `next(sequence, max_items, max_bytes)`; the same chunk whenever it is asked for again.
  Future<Blob> call(const RawCall& call) override;

 private:
  /// First item of a chunk, and the one after the last.
  std::pair<std::size_t, std::size_t> bounds(std::uint64_t sequence, std::uint32_t max_items,
                                             std::uint32_t max_bytes);

  const Json items_;
  Type list_;
  const TypeTable& types_;
  std::vector<std::size_t> sizes_;   // bytes of each item
  std::mutex mutex_;                 // guards ends_
  std::vector<std::size_t> ends_{};  // of the chunks that were asked for so far
};

}  // namespace rmi::cli
