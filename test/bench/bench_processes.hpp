// Processes of a benchmark: this program again in another role, with its CPU time.
#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace bench {

/// Runs this program as `ROLE ARGUMENT...` and reads the one line that it prints when it is ready.
/// The process is stopped with SIGTERM when this goes.
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  const std::string& ready_line() const noexcept { return ready_line_; }
  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  std::string ready_line_;
};

/// CPU time that a process has used, all threads, in seconds. pid 0 is this process.
double cpu_seconds(pid_t pid);
/// Voluntary and involuntary context switches of all threads of a process so far.
long context_switches(pid_t pid);
/// Blocks until SIGTERM or SIGINT, which must be blocked already.
void wait_for_stop();
void block_stop_signals();

}  // namespace bench
