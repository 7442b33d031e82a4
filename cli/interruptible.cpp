// A handler that sets a flag, and takes itself away.
#include "cli/interruptible.hpp"

#include <atomic>

namespace rmi::cli {
namespace {

std::atomic<bool> interrupt_came = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // else a handler may not touch it

extern "C" void rmi_cli_interrupted(int) {
  interrupt_came = true;
}

}  // namespace

Interruptible::Interruptible() {
  interrupt_came = false;
  struct sigaction action {};
  action.sa_handler = rmi_cli_interrupted;
  // (SA_RESETHAND has the sign bit of an int.)
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigaction(SIGINT, &action, &former_[0]);
  sigaction(SIGTERM, &action, &former_[1]);
}

Interruptible::~Interruptible() {
  sigaction(SIGINT, &former_[0], nullptr);
  sigaction(SIGTERM, &former_[1], nullptr);
}

bool Interruptible::interrupted() noexcept {
  return interrupt_came;
}

}  // namespace rmi::cli
