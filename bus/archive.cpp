// The error texts and the budget of the archives, out of line.
#include <rmi/archive.hpp>

#include <fmt/format.h>

#include <new>

// The texts are made here, out of line, so that the code of users' types stays small.

namespace rmi::detail {
namespace {

std::string bytes(std::size_t n) {
  return fmt::format("{} byte{}", n, n == 1 ? "" : "s");
}

}  // namespace

void throw_overflow(std::size_t wanted, std::size_t offset, std::size_t left) {
  throw std::length_error(fmt::format(
      "encode: {} to write at offset {}, room for {} is left: give encoded_size() bytes",
      bytes(wanted), offset, left));
}

void throw_not_filled(std::size_t given, std::size_t written) {
  throw std::length_error(fmt::format(
      "encode: {} given, the values take {}: give encoded_size() bytes", bytes(given), written));
}

void throw_truncated(std::size_t wanted, std::size_t offset, std::size_t left) {
  throw DecodeError(fmt::format("truncated: {} wanted at offset {}, {} left", bytes(wanted), offset,
                                left == 1 ? "1 is" : fmt::format("{} are", left)));
}

void throw_memory(std::uint64_t count, std::size_t element, std::size_t offset, std::size_t left,
                  std::size_t budget) {
  throw DecodeError(
      fmt::format("{} elements of {} bytes of memory at offset {} are over what this message may "
                  "take: {} of {} bytes are left (memory_factor, memory_base, memory_max)",
                  count, element, offset, left, budget));
}

void throw_depth(std::size_t limit, std::size_t offset) {
  throw DecodeError(
      fmt::format("nested deeper than {} levels at offset {} (max_depth)", limit, offset));
}

void throw_flag(const char* what, unsigned value, std::size_t offset) {
  throw DecodeError(fmt::format("{} at offset {} is {}, expected 0 or 1", what, offset, value));
}

void throw_index(std::int32_t index, std::size_t alternatives, std::size_t offset) {
  throw DecodeError(fmt::format("variant index at offset {} is {}, expected 0 to {}", offset, index,
                                alternatives - 1));
}

void throw_trailing(std::size_t left, std::size_t offset) {
  throw DecodeError(
      fmt::format("{} too many: the last value ended at offset {}", bytes(left), offset));
}

void rethrow_as_decode_error() {
  try {
    throw;
  } catch (const DecodeError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw DecodeError("out of memory while decoding");
  } catch (const std::exception& error) {
    throw DecodeError(fmt::format("a load function threw: {}", error.what()));
  } catch (...) {
    throw DecodeError("a load function threw something that is no std::exception");
  }
}

}  // namespace rmi::detail

namespace rmi {

void detail::ByteReader::check_count(std::uint64_t n, const Element& element) const {
  if (element.wire != 0 || element.takes_bytes == nullptr || element.takes_bytes()) {
    throw DecodeError(fmt::format(
        "the count before offset {} is {}, but {} bytes are left and one element takes at least {}",
        offset(), n, remaining(), element.wire == 0 ? 1 : element.wire));
  }
  if (n > limits_.max_count) {
    throw DecodeError(
        fmt::format("the count before offset {} is {}, over the limit of {} for "
                    "elements that take no bytes (max_count)",
                    offset(), n, limits_.max_count));
  }
}

}  // namespace rmi
