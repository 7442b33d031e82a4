// rmibus in the suite: the service that is called, and its clients.
//
// usage: bench-rmibus service BROKER [LISTEN]
//        bench-rmibus client BROKER brokered|direct|in_process|names
#include <cstdio>
#include <functional>
#include <optional>

#include "test/bench/echo.hpp"
#include "test/bench/rmibus_names.hpp"

namespace bench {
namespace {

constexpr std::size_t small = 4096;  // above that a program would pass a Blob
constexpr std::size_t most_names = 8;

std::string name_of(std::size_t number) {
  return number == 0 ? "echo" : "echo" + std::to_string(number);
}

int run_service(const std::string& broker, const std::string& listen) {
  rmi::Daemon daemon({.broker = broker, .max_waiting = 10'000'000, .listen = listen});
  const auto gate = std::make_shared<Gate>();
  for (std::size_t number = 0; number < most_names; ++number)
    daemon.serve(name_of(number), std::make_shared<Echo>());
  daemon.serve("gate", gate);
  daemon.serve("key", std::make_shared<Key>(gate));
  say_ready(broker);
  daemon.run();
  return 0;
}

class RmibusClient final : public Client {
 public:
  /// @param names  calls in flight go to so many objects in turn.
  RmibusClient(std::shared_ptr<rmi::Bus> bus, rmi::Path path, std::size_t names = 1)
      : bus_(std::move(bus)), path_(path), echo_(rmi::Proxy<Echo>(*bus_, "echo").over(path)) {
    for (std::size_t number = 0; number < names; ++number)
      echoes_.push_back(rmi::Proxy<Echo>(*bus_, name_of(number)).over(path));
  }

  void echo(std::size_t size) override {
    if (size <= small)
      echo_->echo(std::string(size, 'x'));
    else
      echo_->blob(rmi::BlobBuilder(size).build());
  }
  void prepare(std::size_t window) override {
    if (window > calls_.size()) calls_.resize(window);
    if (window > blobs_.size()) blobs_.resize(window);
  }
  void begin(std::size_t slot, std::size_t size) override {
    const auto& echo = echoes_[slot % echoes_.size()];
    if (size <= small)
      calls_[slot] = echo.async()->echo(std::string(size, 'x'));
    else
      blobs_[slot] = echo.async()->blob(rmi::BlobBuilder(size).build());
  }
  void finish(std::size_t slot) override {
    if (calls_[slot].valid())
      calls_[slot].get();
    else
      blobs_[slot].get();
  }
  /// The same bus: that is what is to be measured.
  std::unique_ptr<Client> for_thread() override {
    return std::make_unique<RmibusClient>(bus_, path_, echoes_.size());
  }
  std::unique_ptr<Client> connect() override {
    return std::make_unique<RmibusClient>(std::make_shared<rmi::Bus>(bus_->broker()), path_,
                                          echoes_.size());
  }
  std::string other(const Order& order) override {
    if (order.work == "oneway") return oneways(order);
    if (order.work == "batch") return batches(order);
    if (order.work == "stream") return stream(order);
    if (order.work == "fill") return fill(order);
    if (order.work == "release") return release();
    if (order.work == "hang") return fill({order.work, order.calls, 1, order.size});
    if (order.work == "lost") return lost();
    return names_.run(*bus_, order);
  }

 private:
  std::string oneways(const Order& order) {
    const std::uint64_t before = echo_->noted();
    std::uint64_t now = before;
    for (std::size_t i = 1; i <= order.calls; ++i) {
      echo_->note(std::string(order.size, 'x'));
      if (i % order.n == 0 || i == order.calls) now = echo_->noted();
    }
    return R"("delivered":)" + std::to_string(now - before);
  }
  std::string batches(const Order& order) {
    const std::string text(order.size, 'x');
    rmi::Batch<Echo> batch(echo_);
    for (std::size_t done = 0; done < order.calls; done += order.n) {
      for (std::size_t i = 1; i < order.n; ++i)
        batch->echo(text);
      auto last = batch->echo(text);
      batch.run();
      last.get();
    }
    return R"("batch":)" + std::to_string(order.n);
  }
  std::string stream(const Order& order) {
    std::int64_t sum = 0;
    for (const std::int32_t item : echo_->items(static_cast<std::int32_t>(order.calls)))
      sum += item;
    const auto n = static_cast<std::int64_t>(order.calls);
    if (sum != n * (n - 1) / 2) throw std::runtime_error("items were lost");
    return R"("sum":)" + std::to_string(sum);
  }
  /// `n` calls that stay in flight. The echo comes back when all of them are on their way.
  std::string fill(const Order& order) {
    const auto gate = rmi::Proxy<Gate>(*bus_, "gate").with_timeout(std::chrono::minutes(10));
    for (std::size_t i = 0; i < order.n; ++i) {
      stuck_.push_back(gate.async()->pass());
      if (i % 1000 == 0) echo(1);  // so that no queue on the way is full
    }
    echo(1);
    return R"("in_flight":)" + std::to_string(order.n);
  }
  std::string release() {
    rmi::Proxy<Key>(*bus_, "key")->turn();
    for (auto& call : stuck_)
      call.get();
    stuck_.clear();
    return R"("in_flight":0)";
  }
  /// Waits for the error of the call that hangs, and says when it came.
  std::string lost() {
    std::string what = "it ended well";
    try {
      stuck_.back().get();
    } catch (const rmi::ConnectionLost&) {
      what = "ConnectionLost";
    } catch (const std::exception& error) {
      what = error.what();
    }
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    stuck_.clear();
    char text[64];
    std::snprintf(text, sizeof text, "%.6f", now.count());
    return R"("lost_at":)" + std::string(text) + R"(,"what":")" + what + '"';
  }

  std::shared_ptr<rmi::Bus> bus_;
  rmi::Path path_;
  rmi::Proxy<Echo> echo_;
  std::vector<rmi::Proxy<Echo>> echoes_;
  std::vector<rmi::Future<std::string>> calls_;
  std::vector<rmi::Future<rmi::Blob>> blobs_;
  std::vector<rmi::Future<void>> stuck_;
  RmibusNames names_;
};

int run_caller(const std::string& broker, const std::string& path) {
  rmi::Bus::Options options;
  options.broker = broker;
  std::optional<rmi::Daemon> daemon;
  if (path == "in_process") {
    daemon.emplace(broker);
    daemon->serve("echo", std::make_shared<Echo>());
  }
  RmibusClient client(std::make_shared<rmi::Bus>(options),
                      path == "direct"       ? rmi::Path::direct
                      : path == "in_process" ? rmi::Path::in_process
                                             : rmi::Path::brokered,
                      path == "names" ? most_names : 1);
  return run_client(client);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::string role = argc > 2 ? argv[1] : "";
  if (role == "service") return bench::run_service(argv[2], argc > 3 ? argv[3] : "");
  if (role == "client" && argc > 3) return bench::run_caller(argv[2], argv[3]);
  return 2;
}
