// Peer: NATS request and reply through nats-server.
#include <nats/nats.h>

#include <cstring>

#include "test/bench/client.hpp"

namespace {

using bench::Client;
constexpr const char* subject = "bench.echo";

void check(natsStatus status) {
  if (status != NATS_OK) throw std::runtime_error(natsStatus_GetText(status));
}

/// The server may still be starting.
natsConnection* connect_to(const std::string& where) {
  natsOptions* options = nullptr;
  check(natsOptions_Create(&options));
  check(natsOptions_SetURL(options, where.c_str()));
  natsOptions_SetSendAsap(options, true);
  natsConnection* connection = nullptr;
  natsStatus status = NATS_NO_SERVER;
  for (int i = 0; i < 100 && status != NATS_OK; ++i) {
    status = natsConnection_Connect(&connection, options);
    if (status != NATS_OK) nats_Sleep(50);
  }
  natsOptions_Destroy(options);
  check(status);
  return connection;
}

void answer(natsConnection* connection, natsSubscription*, natsMsg* message, void*) {
  natsConnection_Publish(connection, natsMsg_GetReply(message), natsMsg_GetData(message),
                         natsMsg_GetDataLength(message));
  natsMsg_Destroy(message);
}

int serve(const std::string& where) {
  bench::block_stop_signals();
  natsConnection* connection = connect_to(where);
  natsSubscription* subscription = nullptr;
  check(natsConnection_Subscribe(&subscription, connection, subject, answer, nullptr));
  check(natsConnection_Flush(connection));
  bench::say_ready(where);
  bench::wait_for_stop();
  return 0;
}

/// One inbox for all its calls; answers come in the order of the calls, as there is one server.
class Caller final : public Client {
 public:
  explicit Caller(std::string where) : where_(std::move(where)), connection_(connect_to(where_)) {
    check(natsInbox_Create(&inbox_));
    check(natsConnection_SubscribeSync(&answers_, connection_, inbox_));
    check(natsConnection_Flush(connection_));
  }
  ~Caller() override {
    natsSubscription_Destroy(answers_);
    natsConnection_Destroy(connection_);
    natsInbox_Destroy(inbox_);
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void echo(std::size_t size) override {
    begin(0, size);
    finish(0);
  }
  void begin(std::size_t, std::size_t size) override {
    const std::string text(size, 'x');
    check(natsConnection_PublishRequest(connection_, subject, inbox_, text.data(),
                                        static_cast<int>(size)));
  }
  void finish(std::size_t) override {
    natsMsg* message = nullptr;
    check(natsSubscription_NextMsg(&message, answers_, 30'000));
    natsMsg_Destroy(message);
  }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<Caller>(where_); }

 private:
  std::string where_;
  natsConnection* connection_;
  natsInbox* inbox_ = nullptr;
  natsSubscription* answers_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (argv[1] == std::string("server")) return serve(argv[2]);
  Caller client(argv[2]);
  return bench::run_client(client);
}
