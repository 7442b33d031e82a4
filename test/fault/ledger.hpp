// A service that writes down what it ran: the truth that callers' results are held against.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

#include <rmi/interface.hpp>
#include <rmi/stream.hpp>

namespace fault {

/// Each method appends its id to the file as one line, which the kernel does as a whole or not at
/// all, and which outlives the process. That is when it "ran". Thread safety: thread safe.
class Ledger {
 public:
  explicit Ledger(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), path);
  }
  ~Ledger() { ::close(file_); }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  std::uint64_t once(std::uint64_t id) { return write_down(id); }
  /// May run more than once.
  std::uint64_t again(std::uint64_t id) { return write_down(id); }
  void tell(std::uint64_t id) { write_down(id); }
  /// Runs, and throws.
  std::uint64_t fail(std::uint64_t id) { throw std::domain_error(std::to_string(write_down(id))); }
  /// id, id + 1 ... as many as `count`; `id` is written down when the stream is opened.
  rmi::Stream<std::uint64_t> count(std::uint64_t id, std::uint64_t count) {
    return items(write_down(id), count);
  }

 private:
  static rmi::Stream<std::uint64_t> items(std::uint64_t id, std::uint64_t count) {
    for (std::uint64_t at = 0; at != count; ++at)
      co_yield id + at;
  }
  std::uint64_t write_down(std::uint64_t id) const {
    const std::string line = std::to_string(id) + '\n';
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw std::system_error(errno, std::generic_category(), "the ledger");
    return id;
  }

  const int file_;
};

RMI_INTERFACE(Ledger, once, (again, rmi::idempotent), (tell, rmi::oneway), fail, count)

}  // namespace fault
