// The client half of a measured program: takes orders on stdin, answers each with a line of JSON.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// What this way of calling cannot do. The suite skips the row and shows the text.
class Unsupported : public std::runtime_error {
 public:
  explicit Unsupported(const std::string& what) : std::runtime_error(what) {}
};

/// One order: `WORK CALLS N SIZE`. What N means depends on the work: window, threads, batch.
struct Order {
  std::string work;
  std::size_t calls = 0;
  std::size_t n = 0;
  std::size_t size = 0;
};

/// One way to call an echo. One thread at a time.
class Client {
 public:
  virtual ~Client() = default;
  /// Sends so many bytes and blocks until as many are back.
  virtual void echo(std::size_t size) = 0;
  /// With several calls in flight: begins the call of a slot ...
  virtual void begin(std::size_t /*slot*/, std::size_t /*size*/) {
    throw Unsupported("one call at a time only");
  }
  /// ... and blocks until it is done. Slots end in the order in which they began.
  virtual void finish(std::size_t /*slot*/) {}
  virtual void prepare(std::size_t /*window*/) {}
  /// What another thread calls through.
  virtual std::unique_ptr<Client> for_thread() = 0;
  /// The same as a new program would: a new connection.
  virtual std::unique_ptr<Client> connect() { return for_thread(); }
  /// Any other work. @return further members of the answer, `"key":value,...`.
  virtual std::string other(const Order& order) {
    throw Unsupported("there is no such thing: " + order.work);
  }
};

/// Says `ready` and does what it is told until stdin ends. @return exit code.
int run_client(Client& client);

/// For a server: prints the line that the suite waits for.
void say_ready(const std::string& endpoint);
/// Blocks until SIGTERM or SIGINT; block_stop_signals() must come before the first thread.
void wait_for_stop();
void block_stop_signals();

}  // namespace bench
