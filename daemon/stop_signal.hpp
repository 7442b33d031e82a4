// SIGINT and SIGTERM as a file descriptor, for as long as somebody waits for them.
#pragma once

namespace rmi {

/// While one lives, the two signals do not end the process but make fd() readable, for good.
/// Several may live at once, on any threads; the last one to go puts the former handlers back.
/// Signals belong to the process, so what is behind this is process-wide as well.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  int fd() const noexcept;
};

}  // namespace rmi
