// Peer: Thrift, a threaded server on TCP, framed transport, binary protocol.
#include <Echo.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

#include "test/bench/client.hpp"

namespace {

using namespace apache::thrift;  // NOLINT: its names are long
using bench::Client;

class Service final : public EchoIf {
  void call(std::string& out, const std::string& text) override { out = text; }
};

/// Says where it listens once it does.
class Ready final : public server::TServerEventHandler {
 public:
  explicit Ready(std::shared_ptr<transport::TServerSocket> socket) : socket_(std::move(socket)) {}
  void preServe() override { bench::say_ready(std::to_string(socket_->getPort())); }

 private:
  std::shared_ptr<transport::TServerSocket> socket_;
};

int serve() {
  const auto socket = std::make_shared<transport::TServerSocket>("127.0.0.1", 0);
  server::TThreadedServer server(std::make_shared<EchoProcessor>(std::make_shared<Service>()),
                                 socket, std::make_shared<transport::TFramedTransportFactory>(),
                                 std::make_shared<protocol::TBinaryProtocolFactory>());
  server.setServerEventHandler(std::make_shared<Ready>(socket));
  server.serve();
  return 0;
}

class Caller final : public Client {
 public:
  explicit Caller(int port)
      : port_(port),
        transport_(std::make_shared<transport::TFramedTransport>(
            std::make_shared<transport::TSocket>("127.0.0.1", port))),
        echo_(std::make_shared<protocol::TBinaryProtocol>(transport_)) {
    transport_->open();
  }
  void echo(std::size_t size) override {
    // Thrift 0.17 counts the bytes of all messages of a connection against the limit of one.
    if ((moved_ += size) > (32U << 20U)) {
      transport_->close();
      transport_->open();
      moved_ = size;
    }
    echo_.call(reply_, std::string(size, 'x'));
  }
  void begin(std::size_t, std::size_t size) override { echo_.send_call(std::string(size, 'x')); }
  void finish(std::size_t) override { echo_.recv_call(reply_); }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<Caller>(port_); }

 private:
  int port_;
  std::shared_ptr<transport::TTransport> transport_;
  EchoClient echo_;
  std::string reply_;
  std::size_t moved_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == std::string("server")) return serve();
  if (argc != 3) return 2;
  Caller client(std::stoi(argv[2]));
  return bench::run_client(client);
}
