// Bare libzmq in the roles of client, forwarder and server.
#include "test/bench/bare.hpp"

#include <zmq.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace bench {
namespace {

constexpr std::size_t id_size = 5;  // of a routing id that libzmq gives
constexpr int hwm = 20000;

void tune(void* socket) {
  const int linger = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
}

}  // namespace

int run_bare_forwarder() {
  void* context = zmq_ctx_new();
  void* router = zmq_socket(context, ZMQ_ROUTER);
  tune(router);
  zmq_bind(router, "tcp://127.0.0.1:*");
  char endpoint[256];
  std::size_t size = sizeof endpoint;
  zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
  std::printf("%s\n", endpoint);
  std::fflush(stdout);
  unsigned char server[id_size] = {};
  zmq_msg_t id;
  zmq_msg_t body;
  zmq_msg_init(&id);
  zmq_msg_init(&body);
  for (;;) {
    int flags = 0;
    while (zmq_msg_recv(&id, router, flags) >= 0) {
      zmq_msg_recv(&body, router, 0);
      flags = ZMQ_DONTWAIT;
      auto* place = static_cast<unsigned char*>(zmq_msg_data(&body));
      if (zmq_msg_size(&body) < id_size) {  // the server says that it is there
        std::memcpy(server, zmq_msg_data(&id), id_size);
        continue;
      }
      zmq_msg_t to;
      zmq_msg_init_size(&to, id_size);
      if (std::memcmp(zmq_msg_data(&id), server, id_size) == 0) {
        std::memcpy(zmq_msg_data(&to), place, id_size);
      } else {
        std::memcpy(place, zmq_msg_data(&id), id_size);
        std::memcpy(zmq_msg_data(&to), server, id_size);
      }
      zmq_msg_send(&to, router, ZMQ_SNDMORE | ZMQ_DONTWAIT);
      zmq_msg_send(&body, router, ZMQ_DONTWAIT);
    }
  }
}

int run_bare_server(const std::string& endpoint) {
  void* context = zmq_ctx_new();
  void* dealer = zmq_socket(context, ZMQ_DEALER);
  tune(dealer);
  zmq_connect(dealer, endpoint.c_str());
  zmq_send(dealer, "S", 1, 0);
  std::printf("ready\n");
  std::fflush(stdout);
  zmq_msg_t body;
  zmq_msg_init(&body);
  for (;;) {
    if (zmq_msg_recv(&body, dealer, 0) < 0) continue;
    zmq_msg_t reply;  // a new message, as a reply is
    zmq_msg_init_size(&reply, zmq_msg_size(&body));
    std::memcpy(zmq_msg_data(&reply), zmq_msg_data(&body), zmq_msg_size(&body));
    zmq_msg_send(&reply, dealer, 0);
  }
}

BareClient::BareClient(const std::string& endpoint)
    : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_DEALER)) {
  tune(socket_);
  zmq_connect(socket_, endpoint.c_str());
}

BareClient::~BareClient() {
  zmq_close(socket_);
  zmq_ctx_term(context_);
}

void BareClient::send(std::size_t size) {
  zmq_msg_t message;
  zmq_msg_init_size(&message, size);
  std::memset(zmq_msg_data(&message), 1, size);
  zmq_msg_send(&message, socket_, 0);
}

void BareClient::receive() {
  zmq_msg_t message;
  zmq_msg_init(&message);
  zmq_msg_recv(&message, socket_, 0);
  zmq_msg_close(&message);
}

}  // namespace bench
