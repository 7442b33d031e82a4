// Ctrl-C as a question that a long piece of work asks now and then.
#pragma once

#include <signal.h>

#include <array>

namespace rmi::cli {

/// While one lives, SIGINT and SIGTERM end the work and not the program; the second of a kind ends
/// the program. One at a time.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  /// Whether a signal came since it was made. Thread safe.
  static bool interrupted() noexcept;

 private:
  std::array<struct sigaction, 2> former_{};
};

}  // namespace rmi::cli
