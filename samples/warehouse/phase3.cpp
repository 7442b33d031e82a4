// Phase 3: a sale. Twenty visitors, each with a connection of its own, want the same couch at once.
#include <deque>
#include <iostream>
#include <vector>

#include <rmi/bus.hpp>
#include <rmi/proxy.hpp>

#include "warehouse_interface.hpp"

int main() {
  std::deque<rmi::Bus> buses(20);
  std::vector<rmi::Future<std::string>> visits;
  for (rmi::Bus& bus : buses) {
    const auto warehouse = rmi::Proxy<Warehouse>(bus, "warehouse").waiting();
    const std::string name = "Visitor " + std::to_string(visits.size() + 1);
    visits.push_back(warehouse.async()
                         ->take(name, "couch")
                         .then([] { return std::string("got it"); })
                         .on_error([](std::exception_ptr) { return std::string("came late"); }));
  }
  int lucky = 0;
  int late = 0;
  for (auto& visit : visits)
    ++(visit.get() == "got it" ? lucky : late);
  std::cout << lucky << " got the couch, " << late << " came late\n";
}
