// A line of the log as it is written.
#pragma once

#include <chrono>
#include <string>

#include <rmi/log.hpp>

namespace rmi {

/// One line with its newline, and no other: control characters are escaped, and in JSON what is no
/// UTF-8 is replaced.
std::string log_text(const LogLine& line, LogFormat format,
                     std::chrono::system_clock::time_point time);

}  // namespace rmi
