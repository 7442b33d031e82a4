// The annotations block of a frame: docs/protocol.md, section 3.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <rmi/annotations.hpp>

namespace rmi {

/// Correlation id of a call and of all that it causes: UTF-8 text of at most 64 bytes.
inline constexpr std::string_view id_annotation = "rmi.id";
/// Which chain of nested calls a call belongs to: 8 bytes.
inline constexpr std::string_view chain_annotation = "rmi.chain";
/// Which call this is an attempt to make, see CallMark: 20 bytes.
inline constexpr std::string_view retry_annotation = "rmi.retry";

/// Why a block is malformed, in one line; nothing if it is a good one.
std::optional<std::string> annotations_fault(std::span<const std::byte> block);

/// The value of one key, a view into the block; nothing if it is not there. Takes no memory. Of a
/// malformed block it sees what comes before the fault.
std::optional<std::span<const std::byte>> find_annotation(std::span<const std::byte> block,
                                                          std::string_view key) noexcept;

/// All of a block. @throws BadArguments  it is malformed; the text of annotations_fault().
Annotations read_annotations(std::span<const std::byte> block);

// Writing: the size of what is written, then the writing of exactly that many bytes.
std::size_t annotation_size(std::string_view key, std::span<const std::byte> value) noexcept;
std::size_t annotations_size(const Annotations& annotations) noexcept;

/// Writes one annotation at the beginning of `to`. @return the part of `to` behind it.
/// @throws std::length_error  the key has not 1 to 255 bytes, or the value is over 4 GiB.
std::span<std::byte> write_annotation(std::span<std::byte> to, std::string_view key,
                                      std::span<const std::byte> value);
/// @throws as write_annotation()
void write_annotations(std::span<std::byte> to, const Annotations& annotations);

}  // namespace rmi
