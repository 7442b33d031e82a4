// The frame of a reply, with the notes that the method left for its caller.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <rmi/detail/function_ref.hpp>

#include "bus/annotations.hpp"
#include "bus/frame.hpp"
#include "bus/served_call.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// @param served  null for calls without notes.
/// @param encode  writes what the extent is of.
/// @return an empty frame if it would be larger than `limit`.
inline Frame build_reply(const wire::View& call, const ServedCall* served,
                         const detail::Extent& payload, std::size_t limit,
                         detail::FunctionRef<void(std::span<std::byte>)> encode) {
  const std::size_t notes = served == nullptr || served->reply_annotations.empty()
                                ? 0
                                : annotations_size(served->reply_annotations);
  if (notes + payload.size > limit - wire::header_size) return {};
  std::vector<std::byte> block(notes);
  if (notes != 0) write_annotations(block, served->reply_annotations);
  Frame frame = wire::build({.kind = wire::Kind::reply,
                             .call_id = call.header.call_id,
                             .registration = call.header.registration},
                            {}, {}, payload, block);
  wire::write_payload(frame, payload, encode);
  return frame;
}

}  // namespace rmi
