// Serves a cart for each session and a receipt for each call, to those who have a member's card.
#include <rmi/daemon.hpp>

#include "shop.hpp"

int main() {
  rmi::Daemon::Options options;
  options.on_session = [](const rmi::SessionInfo& session, const rmi::Annotations& data) {
    const auto card = data.find("card");
    if (card == data.end()) throw std::runtime_error("members only: show a card");
    const std::string member = rmi::to_text(card->second);
    std::cout << member << " comes in, by " << session.program << std::endl;
    return rmi::Annotations{{"greeting", rmi::to_bytes("Hello " + member)}};
  };
  options.on_session_end = [](std::uint32_t) { std::cout << "somebody left" << std::endl; };

  rmi::Daemon daemon(options);
  daemon.serve("cart", rmi::per_session<Cart>());
  std::atomic<int> receipts = 0;
  daemon.serve("receipt",
               rmi::per_call<Receipt>([&] { return std::make_shared<Receipt>(receipts += 1); }));
  daemon.run();
}
