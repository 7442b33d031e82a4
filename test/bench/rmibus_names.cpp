// Names and idle connections, as many as wanted.
#include "test/bench/rmibus_names.hpp"

#include <poll.h>

#include <deque>
#include <rmi/names.hpp>
#include <rmi/proxy.hpp>

#include "bus/control.hpp"
#include "bus/socket.hpp"

namespace bench {
namespace {

constexpr std::size_t sockets_per_context = 100;  // each takes three, and libzmq allows 1023

std::string name_of(std::size_t number) {
  return "bench/object/" + std::to_string(number);
}

void greet(rmi::DealerSocket& socket) {
  while (socket.next_event(-1, std::chrono::seconds(1)) != rmi::LinkEvent::up) {
  }
  rmi::Frame hello = rmi::make_hello({});
  socket.send(hello);
  rmi::Frame welcome;
  while (!socket.receive(welcome)) {
    pollfd wait{socket.fd(), POLLIN, 0};
    poll(&wait, 1, 1000);
  }
}

}  // namespace

struct RmibusNames::Connections {
  std::deque<rmi::ZmqContext> contexts;
  std::deque<rmi::DealerSocket> sockets;
};

RmibusNames::RmibusNames() : connections_(std::make_unique<Connections>()) {}
RmibusNames::~RmibusNames() = default;

std::string RmibusNames::run(rmi::Bus& bus, const Order& order) {
  if (order.work == "register") return enter(bus, order);
  if (order.work == "lookup") return lookup(bus, order);
  if (order.work == "idle") return idle(bus.broker(), order.n);
  throw Unsupported("there is no such thing: " + order.work);
}

std::string RmibusNames::enter(rmi::Bus& bus, const Order& order) {
  const rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  std::deque<rmi::Future<std::uint64_t>> under_way;
  const auto settle = [&](std::size_t left) {
    for (; under_way.size() > left; under_way.pop_front())
      under_way.front().get();
  };
  rmi::NameOffer offer;
  offer.interface = "bench::Echo";
  for (std::size_t i = 0; i < order.calls; ++i) {
    offer.name = name_of(entered_++);
    under_way.push_back(names.async()->enter(offer));
    settle(order.n - 1);
  }
  settle(0);
  return R"("names":)" + std::to_string(entered_);
}

std::string RmibusNames::lookup(rmi::Bus& bus, const Order& order) const {
  if (entered_ == 0) throw Unsupported("no names were entered");
  const rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  std::deque<rmi::Future<rmi::NameEntry>> under_way;
  std::size_t next = 0;
  for (std::size_t i = 0; i < order.calls; ++i) {
    next = (next + 7919) % entered_;  // a prime, so that neighbours do not follow each other
    under_way.push_back(names.async()->lookup(name_of(next)));
    if (under_way.size() < order.n) continue;
    under_way.front().get();
    under_way.pop_front();
  }
  for (auto& call : under_way)
    call.get();
  return R"("names":)" + std::to_string(entered_);
}

std::string RmibusNames::idle(const std::string& broker, std::size_t count) {
  auto& [contexts, sockets] = *connections_;
  for (std::size_t i = 0; i < count; ++i) {
    if (sockets.size() % sockets_per_context == 0) contexts.emplace_back();
    sockets.emplace_back(
        contexts.back(), broker,
        rmi::LinkLimits{.max_message = 64U << 20U, .heartbeat = std::chrono::seconds(6)});
    greet(sockets.back());
  }
  return R"("connections":)" + std::to_string(sockets.size());
}

}  // namespace bench
