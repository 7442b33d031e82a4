// Whether a thread of this process sleeps: what a test waits for instead of for some time.
#pragma once

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace rmi_test {

/// Returns once the thread waits for something, whatever that is, or has ended.
/// @param id  as gettid() gives it.
inline void wait_until_asleep(pid_t id) {
  const std::string path = "/proc/self/task/" + std::to_string(id) + "/stat";
  for (;; std::this_thread::yield()) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos || text.compare(end_of_name, 3, ") S") == 0) return;
  }
}

}  // namespace rmi_test
