// Peer: Cap'n Proto RPC over a Unix socket, with its own event loop on each side.
#include <capnp.capnp.h>
#include <capnp/ez-rpc.h>
#include <capnp/message.h>

#include "test/bench/client.hpp"

namespace {

using bench::Client;

const capnp::ReaderOptions large{.traversalLimitInWords = 1ULL << 40U, .nestingLimit = 64};

class Service final : public ::Echo::Server {
  kj::Promise<void> call(CallContext context) override {
    const auto text = context.getParams().getText();
    context.getResults().setText(text);
    return kj::READY_NOW;
  }
};

int serve(const std::string& where) {
  capnp::EzRpcServer server(kj::heap<Service>(), where.c_str(), 0, large);
  bench::say_ready(where);
  kj::NEVER_DONE.wait(server.getWaitScope());
}

class Caller final : public Client {
 public:
  using Reply = capnp::RemotePromise<::Echo::CallResults>;
  explicit Caller(std::string where)
      : where_(std::move(where)),
        client_(where_.c_str(), 0, large),
        echo_(client_.getMain<::Echo>()) {}
  ~Caller() noexcept override {}  // NOLINT: those of its members may throw
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  void echo(std::size_t size) override { send(size).wait(client_.getWaitScope()); }
  void prepare(std::size_t window) override {
    if (calls_.size() < window) calls_.resize(window);
  }
  void begin(std::size_t slot, std::size_t size) override {
    calls_[slot] = std::make_unique<Reply>(send(size));
  }
  void finish(std::size_t slot) override {
    calls_[slot]->wait(client_.getWaitScope());
    calls_[slot].reset();
  }
  std::unique_ptr<Client> for_thread() override {
    throw bench::Unsupported("one event loop a thread");
  }

 private:
  Reply send(std::size_t size) {
    auto request = echo_.callRequest();
    request.initText(static_cast<unsigned>(size));
    return request.send();
  }
  std::string where_;
  capnp::EzRpcClient client_;
  ::Echo::Client echo_;
  std::vector<std::unique_ptr<Reply>> calls_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (argv[1] == std::string("server")) return serve(argv[2]);
  Caller client(argv[2]);
  return bench::run_client(client);
}
