// Building the frame of a call, as its caller sends it.
#include "bus/request.hpp"

#include <algorithm>
#include <stdexcept>

#include <rmi/errors.hpp>

#include "bus/retried_call.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds longest_margin = 250ms;

}  // namespace

std::uint32_t remaining_for_server(SteadyTime deadline, milliseconds timeout, SteadyTime now) {
  const auto left = std::chrono::floor<milliseconds>(deadline - now);
  const auto margin = std::min(timeout / 8, longest_margin);
  return static_cast<std::uint32_t>(std::max(left - margin, 1ms).count());
}

milliseconds time_left(SteadyTime deadline) {
  return std::max(std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()),
                  1ms);
}

Frame build_request(const CallSpec& spec, detail::FunctionRef<void(std::span<std::byte>)> encode,
                    std::uint32_t remaining) {
  Frame frame;
  try {
    frame = wire::build({.kind = spec.kind,
                         .flags = spec.flags,
                         .remaining_ms = remaining,
                         .signature = spec.signature},
                        spec.object, spec.method, spec.payload, spec.annotations);
  } catch (const std::length_error& error) {
    throw BadArguments(error.what());
  }
  wire::write_payload(frame, spec.payload, encode);
  if (spec.retry != nullptr) spec.retry->stamp(frame);
  return frame;
}

bool was_lost(const Frame& answer) {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  return read_error(view.payload).code == static_cast<std::uint8_t>(ErrorCode::connection_lost);
}

}  // namespace rmi
