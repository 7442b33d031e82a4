// SIGINT and SIGTERM as a file descriptor, for as long as somebody waits for them.
#pragma once

namespace rmi {

/// While one lives, the two signals do not end the process but make fd() readable, until somebody
/// take()s them.
/// Several may live at once, on any threads; the last one to go puts the former handlers back.
/// Signals belong to the process, so what is behind this is process-wide as well.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  int fd() const noexcept;
  /// Makes fd() quiet until the next signal, for all that live: for a program to which a second one
  /// means something else.
  void take() noexcept;
};

}  // namespace rmi
