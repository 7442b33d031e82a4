// Reads item by item, and looks whether the user has had enough.
#include "cli/call_stream.hpp"

#include <fmt/format.h>

#include <iostream>
#include <utility>

#include <rmi/errors.hpp>
#include <rmi/stream.hpp>

#include "bus/json_stream.hpp"
#include "cli/interruptible.hpp"

namespace rmi::cli {
namespace {

using std::chrono::steady_clock;

// How long Ctrl-C takes at most: a handler cannot wake a thread that waits for a future.
constexpr std::chrono::milliseconds glance{100};

void check_time(const StreamLimits& limits, const PreparedCall& call) {
  if (limits.until && steady_clock::now() >= *limits.until)
    throw TimeoutError(fmt::format("the stream of {}.{} did not end within its time",
                                   call.target.object, call.signature.name),
                       Outcome::unknown);
}

Stream<std::string> open(const PreparedCall& call) {
  Stream<std::string> stream;
  call.run([&](std::span<const std::byte> reply) {
    if (auto source = take_reference(reply))
      stream = json_stream(std::move(*source), call.signature.result.items.front(), call.types());
  });
  return stream;
}

}  // namespace

ExitCode print_stream(const PreparedCall& call, const StreamLimits& limits) {
  const Interruptible interruptible;
  Stream<std::string> stream = open(call);
  for (std::size_t count = 0; !limits.items || count < *limits.items; ++count) {
    auto next = stream.async_next();
    if (!next.ready()) std::cout.flush();  // whoever reads may want what there is
    while (!next.wait_for(glance) && !Interruptible::interrupted())
      check_time(limits, call);
    if (Interruptible::interrupted()) return ExitCode::interrupted;
    const auto item = next.get();
    if (!item) break;
    if (!(std::cout << *item << '\n')) break;  // nobody reads; the program's end reports it
    check_time(limits, call);
  }
  return ExitCode::done;
}

}  // namespace rmi::cli
