// How far a stream may run ahead of its reader, and how long it lives.
#pragma once

#include <chrono>
#include <cstddef>

namespace rmi {

/// How much may be under way between the producer of a stream and its reader: bounds the memory at
/// both ends when the reader is slow. One item may be larger than `bytes`; then it travels alone.
struct StreamWindow {
  std::size_t items = 1024;
  std::size_t bytes = 1U << 20U;
  std::size_t pulls = 4;  ///< requests in flight, among which items and bytes are shared out
};

/// What a method says about the stream that it returns.
struct StreamOptions {
  std::chrono::milliseconds lifetime{0};  ///< longest time from the first byte to the last; 0 = any
  /// How long it waits for a reader that has lost its connection and may connect again.
  std::chrono::milliseconds linger{30'000};
  StreamWindow window;  ///< what is kept for asking again
};

}  // namespace rmi
