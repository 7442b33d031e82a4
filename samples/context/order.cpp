// One order through three programs: `order stock` and `order shop` serve, `order` buys. All three
// print the same id.
#include <iostream>
#include <memory>

#include <rmi/rmi.hpp>

void say(const std::string& text) {
  std::cout << '[' << rmi::context().correlation_id() << "] " << text << std::endl;
}

class Stock {
 public:
  void take(const std::string& article) {
    const bool hurry = rmi::context().remaining() <= std::chrono::seconds(20);
    say(article + (hurry ? ", in a hurry" : "") + ", for " + rmi::context().caller().program);
  }
};
RMI_INTERFACE(Stock, take)

class Shop {
 public:
  explicit Shop(rmi::Proxy<Stock> stock) : stock_(std::move(stock)) {}
  void buy(const std::string& article) {
    const rmi::Context context = rmi::context();
    const auto user = context.annotation("user");
    say(article + " for " + (user ? rmi::to_text(*user) : "somebody"));
    stock_->take(article);  // id and deadline go on by themselves
    context.annotate("invoice", rmi::to_bytes("number 17"));
  }

 private:
  rmi::Proxy<Stock> stock_;
};
RMI_INTERFACE(Shop, buy)

void serve_stock() {
  rmi::Daemon daemon({.program = "stock"});
  daemon.serve("stock", std::make_shared<Stock>());
  daemon.run();
}

void serve_shop() {
  rmi::Daemon daemon({.program = "shop"});
  const auto stock = rmi::Proxy<Stock>(daemon.bus(), "stock").waiting();
  daemon.serve("shop", std::make_shared<Shop>(stock));
  daemon.run();
}

void buy() {
  rmi::Bus bus;
  const auto shop = rmi::Proxy<Shop>(bus, "shop").waiting().with_timeout(std::chrono::seconds(20));
  const rmi::CorrelationScope order("order-17");
  rmi::Annotations answered;
  shop.annotated({{"user", rmi::to_bytes("Rashmi")}}, &answered)->buy("lamp");
  std::cout << "[order-17] invoice: " << rmi::to_text(answered["invoice"]) << '\n';
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  what == "stock" ? serve_stock() : what == "shop" ? serve_shop() : buy();
}
