// Peer: D-Bus with sdbus-c++, through a bus of its own.
#include <sdbus-c++/sdbus-c++.h>

#include <condition_variable>
#include <mutex>

#include "test/bench/client.hpp"

namespace {

using bench::Client;
using Bytes = std::vector<std::uint8_t>;
constexpr const char* service = "test.bench.Echo";
constexpr const char* path = "/test/bench/echo";

int serve() {
  const auto connection = sdbus::createSessionBusConnection(service);
  const auto object = sdbus::createObject(*connection, path);
  object->registerMethod("call").onInterface(service).implementedAs(
      [](const Bytes& bytes) { return bytes; });
  object->finishRegistration();
  bench::say_ready("bus");
  connection->enterEventLoop();
  return 0;
}

class Caller final : public Client {
 public:
  Caller() : proxy_(sdbus::createProxy(sdbus::createSessionBusConnection(), service, path)) {}
  void echo(std::size_t size) override {
    Bytes reply;
    proxy_->callMethod("call")
        .onInterface(service)
        .withArguments(Bytes(size))
        .storeResultsTo(reply);
  }
  void begin(std::size_t, std::size_t size) override {
    proxy_->callMethodAsync("call")
        .onInterface(service)
        .withArguments(Bytes(size))
        .uponReplyInvoke([this](const sdbus::Error*, const Bytes&) {
          const std::lock_guard lock(mutex_);
          ++done_;
          changed_.notify_one();
        });
  }
  void finish(std::size_t) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ > 0; });
    --done_;
  }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<Caller>(); }

 private:
  std::unique_ptr<sdbus::IProxy> proxy_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == std::string("server")) return serve();
  Caller client;
  return bench::run_client(client);
}
