// A plugin with a factory of every kind, for the test of rmi-serve.
#include <rmi/plugin.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <rmi/exception.hpp>

class Server {
 public:
  std::string welcome_message(const std::string& name) { return "Hi welcome " + name; }
};
RMI_INTERFACE(Server, welcome_message)

namespace shop {

struct SoldOut : std::runtime_error {
  using std::runtime_error::runtime_error;
  std::uint32_t left = 3;
};
RMI_EXCEPTION(SoldOut, left)

class Cart {
 public:
  explicit Cart(std::string owner) : owner_(std::move(owner)) {}
  std::int32_t put(std::int32_t pieces) { return pieces_ += pieces; }
  std::string owner() { return owner_; }
  void buy() { throw SoldOut("nothing is left"); }

 private:
  std::string owner_;
  std::int32_t pieces_ = 0;
};
RMI_INTERFACE(Cart, put, owner, buy)

std::shared_ptr<Cart> open_cart() {
  return std::make_shared<Cart>("anybody");
}
rmi::Instances<Cart> session_carts() {
  return rmi::per_session<Cart>([] { return std::make_shared<Cart>("a session"); });
}

}  // namespace shop

RMI_PLUGIN(Server, shop::open_cart, shop::session_carts)
