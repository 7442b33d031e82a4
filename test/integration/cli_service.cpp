// A service with something of everything for the tests of rmi-call and rmi-ns.
//
//   cli-service [--shared] NAME...   serves one object under all these names
//   cli-service --enter N            enters N names bulk.0, bulk.1 ... that stand for "shop", and
//   ends
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <rmi/rmi.hpp>

namespace shop {

enum class Color : std::uint8_t { red, green };

/// A struct of vectors of maps.
struct Stock {
  std::vector<std::map<std::string, double>> shelves;
  std::optional<std::string> note;
  Color color = Color::red;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(shelves), CEREAL_NVP(note), CEREAL_NVP(color));
  }
};

class Shop {
 public:
  std::string welcome_message(const std::string& name) { return "Hi welcome " + name; }
  std::size_t length(const std::string& text) { return text.size(); }
  double divide(double a, double b) {
    if (b == 0) throw std::domain_error("division by zero");
    return a / b;
  }
  Stock restock(const Stock& stock) { return stock; }
  std::vector<std::uint8_t> bytes(const std::vector<std::uint8_t>& data) { return data; }
  bool is_green(Color color) { return color == Color::green; }
  void nothing() {}
  void fail() {
    try {
      throw std::runtime_error("disk\nfull");
    } catch (const std::exception&) {
      std::throw_with_nested(std::logic_error("cannot save"));
    }
  }
  /// Returns only when release() is called.
  void hang() {
    std::unique_lock lock(mutex_);
    released_changed_.wait(lock, [this] { return released_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    released_changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_changed_;
  bool released_ = false;
};

RMI_INTERFACE(Shop, (welcome_message, rmi::doc("Greets somebody"), rmi::params("name")), length,
              (divide, rmi::doc("Quotient of two numbers"), rmi::params("a", "b")),
              (restock, rmi::params("stock")), bytes, (is_green, rmi::params("color")), nothing,
              fail, hang, release);

}  // namespace shop

namespace {

void enter_many(int count) {
  rmi::Bus bus;
  const rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  for (int i = 0; i < count; ++i) {
    rmi::NameOffer offer;
    offer.name = "bulk." + std::to_string(i);
    offer.tags = {i % 2 == 0 ? "even" : "odd"};
    offer.target = "rminame:shop";
    names->enter(offer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--enter") {
    enter_many(std::stoi(argv[2]));
    return 0;
  }
  rmi::Daemon daemon;
  const auto shop = std::make_shared<shop::Shop>();
  const bool shared = argc > 1 && std::string_view(argv[1]) == "--shared";
  for (int i = shared ? 2 : 1; i < argc; ++i)
    daemon.serve(argv[i], shop,
                 {.concurrent = true,
                  .mode = shared ? rmi::NameMode::shared : rmi::NameMode::safe,
                  .tags = {"test", std::string("n") + argv[i]}});
  std::cout << "Ready" << std::endl;
  daemon.run();
  shop->release();
}
