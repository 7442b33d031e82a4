// The yardstick: bare libzmq, one frame a message beside the routing id, no typing, no limits.
//
// usage: bench-bare direct|forwarder WHERE, bench-bare server|client ENDPOINT
#include <zmq.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "test/bench/client.hpp"

namespace bench {
namespace {

constexpr std::size_t id_size = 5;    // of a routing id that libzmq gives
constexpr std::size_t overhead = 68;  // what rmibus' frame of an echo has beside the bytes
constexpr int hwm = 20000;
constexpr char no_answer = 2;  // in the byte behind the routing id: a oneway

void* tuned(void* context, int type) {
  void* socket = zmq_socket(context, type);
  const int linger = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
  return socket;
}

void* bound_router(void* context, const std::string& where) {
  void* router = tuned(context, ZMQ_ROUTER);
  if (zmq_bind(router, where.c_str()) != 0) throw std::runtime_error(zmq_strerror(zmq_errno()));
  std::array<char, 256> endpoint{};
  std::size_t size = endpoint.size();
  zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint.data(), &size);
  say_ready(endpoint.data());
  return router;
}

char* data(zmq_msg_t& message) {
  return static_cast<char*>(zmq_msg_data(&message));
}

bool wants_answer(zmq_msg_t& body) {
  return zmq_msg_size(&body) <= id_size || data(body)[id_size] != no_answer;
}

/// A new message, as a reply is.
void copy_of(zmq_msg_t& reply, zmq_msg_t& body) {
  zmq_msg_init_size(&reply, zmq_msg_size(&body));
  std::memcpy(data(reply), data(body), zmq_msg_size(&body));
}

/// A ROUTER that passes each message on from a client to the server and back, as a broker must:
/// blocking receive, then all that is there; the client's routing id travels in the frame.
int run_forwarder(const std::string& where) {
  void* router = bound_router(zmq_ctx_new(), where);
  std::array<char, id_size> server{};
  zmq_msg_t id;
  zmq_msg_t body;
  zmq_msg_init(&id);
  zmq_msg_init(&body);
  for (;;) {
    int flags = 0;
    while (zmq_msg_recv(&id, router, flags) >= 0) {
      zmq_msg_recv(&body, router, 0);
      flags = ZMQ_DONTWAIT;
      if (zmq_msg_size(&body) < id_size) {  // the server says that it is there
        std::memcpy(server.data(), data(id), id_size);
        zmq_msg_send(&id, router, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        zmq_msg_send(&body, router, ZMQ_DONTWAIT);
        continue;
      }
      zmq_msg_t to;
      zmq_msg_init_size(&to, id_size);
      if (std::memcmp(data(id), server.data(), id_size) == 0) {
        std::memcpy(data(to), data(body), id_size);
      } else {
        std::memcpy(data(body), data(id), id_size);
        std::memcpy(data(to), server.data(), id_size);
      }
      zmq_msg_send(&to, router, ZMQ_SNDMORE | ZMQ_DONTWAIT);
      zmq_msg_send(&body, router, ZMQ_DONTWAIT);
    }
  }
}

/// Behind the forwarder: a DEALER that sends back what it receives.
int run_server(const std::string& endpoint) {
  void* dealer = tuned(zmq_ctx_new(), ZMQ_DEALER);
  zmq_connect(dealer, endpoint.c_str());
  zmq_msg_t body;
  zmq_msg_init(&body);
  zmq_send(dealer, "S", 1, 0);
  zmq_msg_recv(&body, dealer, 0);  // from now on the forwarder knows where to send
  say_ready(endpoint);
  for (;;) {
    if (zmq_msg_recv(&body, dealer, 0) < 0 || !wants_answer(body)) continue;
    zmq_msg_t reply;
    copy_of(reply, body);
    zmq_msg_send(&reply, dealer, 0);
  }
}

/// Without a forwarder: a ROUTER that sends back what it receives.
int run_direct(const std::string& where) {
  void* router = bound_router(zmq_ctx_new(), where);
  zmq_msg_t id;
  zmq_msg_t body;
  zmq_msg_init(&id);
  zmq_msg_init(&body);
  for (;;) {
    if (zmq_msg_recv(&id, router, 0) < 0 || zmq_msg_recv(&body, router, 0) < 0) continue;
    if (!wants_answer(body)) continue;
    zmq_msg_t reply;
    copy_of(reply, body);
    zmq_msg_send(&id, router, ZMQ_SNDMORE);
    zmq_msg_send(&reply, router, 0);
  }
}

class BareClient final : public Client {
 public:
  explicit BareClient(std::string endpoint)
      : endpoint_(std::move(endpoint)), context_(zmq_ctx_new()) {
    zmq_ctx_set(context_, ZMQ_MAX_SOCKETS, 20000);
    socket_ = tuned(context_, ZMQ_DEALER);
    zmq_connect(socket_, endpoint_.c_str());
  }
  ~BareClient() override {
    for (void* socket : idle_)
      zmq_close(socket);
    zmq_close(socket_);
    zmq_ctx_term(context_);
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  void echo(std::size_t size) override {
    send(socket_, size, 1);
    receive(socket_);
  }
  void begin(std::size_t, std::size_t size) override { send(socket_, size, 1); }
  void finish(std::size_t) override { receive(socket_); }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<BareClient>(endpoint_); }

  std::string other(const Order& order) override {
    if (order.work == "oneway") return oneways(order);
    if (order.work == "idle") return idle(order);
    return Client::other(order);
  }

 private:
  static void send(void* socket, std::size_t size, char mark) {
    zmq_msg_t message;
    zmq_msg_init_size(&message, size + overhead);
    std::memset(data(message), 1, size + overhead);
    data(message)[id_size] = mark;
    zmq_msg_send(&message, socket, 0);
  }
  static void receive(void* socket) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    zmq_msg_recv(&message, socket, 0);
    zmq_msg_close(&message);
  }
  /// After each `n` of them a call, which is answered when all before it are there.
  std::string oneways(const Order& order) {
    for (std::size_t i = 1; i <= order.calls; ++i) {
      send(socket_, order.size, no_answer);
      if (i % order.n == 0 || i == order.calls) echo(order.size);
    }
    return R"("delivered":)" + std::to_string(order.calls);
  }
  /// `n` connections that have said something once.
  std::string idle(const Order& order) {
    for (std::size_t i = 0; i < order.n; ++i) {
      void* socket = tuned(context_, ZMQ_DEALER);
      if (socket == nullptr) throw Unsupported("no more sockets: limit of open files?");
      idle_.push_back(socket);
      zmq_connect(idle_.back(), endpoint_.c_str());
      send(idle_.back(), 1, 1);
      receive(idle_.back());
    }
    return R"("connections":)" + std::to_string(order.n);
  }

  std::string endpoint_;
  void* context_;
  void* socket_;
  std::vector<void*> idle_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::string role = argc > 2 ? argv[1] : "";
  if (role == "direct") return bench::run_direct(argv[2]);
  if (role == "forwarder") return bench::run_forwarder(argv[2]);
  if (role == "server") return bench::run_server(argv[2]);
  if (role != "client") return 2;
  bench::BareClient client(argv[2]);
  return bench::run_client(client);
}
