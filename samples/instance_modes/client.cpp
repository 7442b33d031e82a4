// Shops with a cart of its own; somebody without a card stays outside.
#include <iostream>

#include <rmi/bus.hpp>
#include <rmi/errors.hpp>
#include <rmi/proxy.hpp>

#include "shop.hpp"

void print(const char* whose, const std::vector<std::string>& articles) {
  std::cout << whose << ':';
  for (const std::string& article : articles)
    std::cout << ' ' << article;
  std::cout << '\n';
}

int main() {
  rmi::Bus rashmis({.session_data = {{"card", rmi::to_bytes("Rashmi")}}});
  rmi::Bus ottos({.session_data = {{"card", rmi::to_bytes("Otto")}}});
  rmi::Bus strangers;

  const auto rashmi = rmi::Proxy<Cart>(rashmis, "cart").waiting();
  const auto otto = rmi::Proxy<Cart>(ottos, "cart").waiting();

  rmi::Annotations answered;
  rashmi.annotated({}, &answered)->put("tea");  // the first call of a session brings the greeting
  std::cout << rmi::to_text(answered["greeting"]) << '\n';
  rashmi->put("cake");
  rashmi->queue_up();
  otto->put("hammer");
  print("Rashmi", rashmi->articles());
  print("Otto", otto->articles());

  const rmi::Proxy<Receipt> receipt(rashmis, "receipt");
  std::cout << receipt->print() << ", " << receipt->print() << '\n';

  try {
    rmi::Proxy<Cart>(strangers, "cart")->put("gold");
  } catch (const rmi::AccessDenied& error) {
    std::cout << error.what() << '\n';
  }
}
