// Peer: gRPC over a Unix socket, synchronous server and channel; a completion queue for many calls.
#include <grpc.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include "test/bench/client.hpp"

namespace {

using bench::Client;

class Service final : public bench::Echo::Service {
  grpc::Status Call(grpc::ServerContext*, const bench::Text* in, bench::Text* out) override {
    out->set_text(in->text());
    return grpc::Status::OK;
  }
};

int serve(const std::string& where) {
  bench::block_stop_signals();
  Service service;
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.AddListeningPort(where, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  bench::say_ready(where);
  bench::wait_for_stop();
  return 0;
}

void check(const grpc::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error_message());
}

class Caller final : public Client {
 public:
  explicit Caller(std::string where) : where_(std::move(where)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    stub_ = bench::Echo::NewStub(
        grpc::CreateCustomChannel(where_, grpc::InsecureChannelCredentials(), arguments));
  }
  void echo(std::size_t size) override {
    grpc::ClientContext context;
    bench::Text in;
    bench::Text out;
    in.set_text(std::string(size, 'x'));
    check(stub_->Call(&context, in, &out));
  }
  void begin(std::size_t, std::size_t size) override {
    bench::Text in;
    in.set_text(std::string(size, 'x'));
    auto* call = new Pending;
    call->reader = stub_->AsyncCall(&call->context, in, &queue_);
    call->reader->Finish(&call->out, &call->status, call);
  }
  void finish(std::size_t) override {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    const std::unique_ptr<Pending> call(static_cast<Pending*>(tag));
    check(call->status);
  }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<Caller>(where_); }

 private:
  struct Pending {
    grpc::ClientContext context;
    bench::Text out;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Text>> reader;
  };
  std::string where_;
  std::unique_ptr<bench::Echo::Stub> stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (argv[1] == std::string("server")) return serve(argv[2]);
  Caller client(argv[2]);
  return bench::run_client(client);
}
