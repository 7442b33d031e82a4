// The yardstick: bare libzmq, one frame a message, client - forwarder - server in three processes.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// A ROUTER that passes each message on from a client to the server and back, as a broker must:
/// blocking receive, then all that is there; the client's routing id travels in the frame.
int run_bare_forwarder();
/// A DEALER that sends back what it receives.
int run_bare_server(const std::string& endpoint);

/// Thread safety: one thread at a time.
class BareClient {
 public:
  explicit BareClient(const std::string& endpoint);
  ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;
  void send(std::size_t size);
  void receive();
  void call(std::size_t size) {
    send(size);
    receive();
  }

 private:
  void* context_;
  void* socket_;
};

}  // namespace bench
