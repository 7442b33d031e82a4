// What streams end with when they do not come to their end.
#include <rmi/stream.hpp>

#include <fmt/format.h>

#include <rmi/errors.hpp>

namespace rmi::detail {

void throw_pull_gone(std::uint64_t sequence, std::uint64_t next) {
  if (sequence < next)
    throw ProtocolError(
        fmt::format("chunk {} of the stream is gone: later ones were asked for, {} comes next",
                    sequence, next),
        Outcome::not_executed);
  throw ProtocolError(fmt::format("chunk {} of the stream is too far ahead: {} comes next, and at "
                                  "most {} may be asked for at once",
                                  sequence, next, max_stream_pulls),
                      Outcome::not_executed);
}

std::exception_ptr pull_asked_again(std::uint64_t sequence) {
  return std::make_exception_ptr(Cancelled(
      fmt::format("chunk {} of the stream was asked for again: that call is answered", sequence)));
}

std::exception_ptr stream_closed() {
  return std::make_exception_ptr(Cancelled("the stream was closed"));
}

std::exception_ptr stream_lifetime_over(std::chrono::milliseconds lifetime) {
  return std::make_exception_ptr(TimeoutError(
      fmt::format("the lifetime of the stream, {} ms, was over before it was read to its end",
                  lifetime.count()),
      Outcome::executed));
}

}  // namespace rmi::detail
