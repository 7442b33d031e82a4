// Hands items out in chunks, which are encoded as they are asked for.
#include "cli/json_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

namespace rmi::cli {

JsonSource::JsonSource(Json items, const Type& type, const TypeTable& types,
                       const std::string& subject)
    : items_(std::move(items)), types_(types) {
  list_.kind = Kind::list;
  list_.items = {type};
  for (const Json& item : items_)
    sizes_.push_back(
        encode_value(item, type, types, fmt::format("{}[{}]", subject, sizes_.size())).size());
}

Future<Blob> JsonSource::call(const RawCall& call) {
  if (call.method != "next")
    throw MethodNotFound(fmt::format("a stream has no method '{}'", call.method));
  std::uint64_t sequence = 0;
  std::uint32_t max_items = 0;
  std::uint32_t max_bytes = 0;
  decode(call.payload.bytes(), {}, sequence, max_items, max_bytes);
  const auto [begin, end] = bounds(sequence, max_items, max_bytes);
  const auto offset = [&](std::size_t at) {
    return items_.begin() + static_cast<std::ptrdiff_t>(at);
  };
  auto chunk = encode_value(Json(Json::array_t(offset(begin), offset(end))), list_, types_);
  chunk.push_back(std::byte{end == sizes_.size()});
  return make_ready_future(Blob(std::move(chunk)));
}

std::pair<std::size_t, std::size_t> JsonSource::bounds(std::uint64_t sequence,
                                                       std::uint32_t max_items,
                                                       std::uint32_t max_bytes) {
  const std::lock_guard lock(mutex_);
  while (ends_.size() <= sequence) {
    const std::size_t begin = ends_.empty() ? 0 : ends_.back();
    if (begin == sizes_.size() && !ends_.empty()) return {begin, begin};  // behind the last chunk
    const std::size_t most = begin + std::max(max_items, 1U);
    std::size_t bytes = 0;
    std::size_t at = begin;
    while (at < std::min(most, sizes_.size()) && (at == begin || bytes + sizes_[at] <= max_bytes))
      bytes += sizes_[at++];
    ends_.push_back(at);
  }
  return {sequence == 0 ? 0 : ends_[sequence - 1], ends_[sequence]};
}

}  // namespace rmi::cli
