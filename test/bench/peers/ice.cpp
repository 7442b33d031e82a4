// Peer: Ice, direct over TCP, with its usual thread pools.
#include <Ice/Ice.h>
#include <ice.h>

#include <future>

#include "test/bench/client.hpp"

namespace {

using bench::Client;

class Service final : public Bench::Echo {
  Bench::Bytes call(Bench::Bytes text, const Ice::Current&) override { return text; }
};

Ice::InitializationData settings() {
  Ice::InitializationData data;
  data.properties = Ice::createProperties();
  data.properties->setProperty("Ice.MessageSizeMax", "200000");
  return data;
}

int serve() {
  bench::block_stop_signals();
  const Ice::CommunicatorHolder holder(settings());
  const auto adapter = holder->createObjectAdapterWithEndpoints("bench", "tcp -h 127.0.0.1");
  const auto proxy = adapter->add(std::make_shared<Service>(), Ice::stringToIdentity("echo"));
  adapter->activate();
  const auto info =
      std::dynamic_pointer_cast<Ice::IPEndpointInfo>(adapter->getEndpoints().front()->getInfo());
  bench::say_ready(std::to_string(info->port));
  bench::wait_for_stop();
  return 0;
}

class Caller final : public Client {
 public:
  explicit Caller(std::string port) : port_(std::move(port)), holder_(settings()) {
    echo_ = Ice::uncheckedCast<Bench::EchoPrx>(
        holder_->stringToProxy("echo:tcp -h 127.0.0.1 -p " + port_));
  }
  void echo(std::size_t size) override { echo_->call(Bench::Bytes(size)); }
  void prepare(std::size_t window) override {
    if (calls_.size() < window) calls_.resize(window);
  }
  void begin(std::size_t slot, std::size_t size) override {
    calls_[slot] = echo_->callAsync(Bench::Bytes(size));
  }
  void finish(std::size_t slot) override { calls_[slot].get(); }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<Caller>(port_); }

 private:
  std::string port_;
  Ice::CommunicatorHolder holder_;
  std::shared_ptr<Bench::EchoPrx> echo_;
  std::vector<std::future<Bench::Bytes>> calls_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == std::string("server")) return serve();
  if (argc != 3) return 2;
  Caller client(argv[2]);
  return bench::run_client(client);
}
