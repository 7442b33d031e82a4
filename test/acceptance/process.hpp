// A real program as a child of a test: started, read, stopped; it never outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace acceptance {

using namespace std::chrono_literals;

/// Longest wait for anything that must happen: $RMI_TEST_DEADLINE seconds, else 60. It is never
/// waited out unless something is wrong.
std::chrono::milliseconds patience();

/// True as soon as the condition is; false after patience().
template <class Condition>
bool eventually(Condition&& condition);

/// A fresh folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// One running program. Its standard output is read line by line, its standard error is kept in a
/// file. Thread safety: one thread at a time.
class Process {
 public:
  /// @param command      the program and its arguments.
  /// @param environment  added to that of the test: "NAME=value".
  explicit Process(std::vector<std::string> command, std::vector<std::string> environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// The next line of its output. @throws std::runtime_error  it said nothing in time, or ended.
  std::string line();
  /// Reads its output to the end. @return the exit code; 128 + number if a signal ended it.
  int wait();
  /// Sends SIGTERM and waits. @return as wait().
  int stop();
  void kill() noexcept;
  void send(int signal) const;

  pid_t pid() const noexcept { return pid_; }
  /// What it wrote to standard error so far.
  std::string log() const;
  /// Output that was read and is not given as a line.
  const std::string& rest() const noexcept { return output_; }

 private:
  bool takes(int signal) const;
  bool read_some(std::chrono::steady_clock::time_point end);
  int reap() noexcept;

  TempFolder folder_;
  std::string name_;
  pid_t pid_ = -1;
  int out_ = -1;
  int code_ = 0;
  std::string output_;
};

template <class Condition>
bool eventually(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + patience();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace acceptance
