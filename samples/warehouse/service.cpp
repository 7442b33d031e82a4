// Phase 2, the warehouse: a program of its own.
#include <memory>

#include <rmi/daemon.hpp>

#include "warehouse_interface.hpp"

int main() {
  rmi::Daemon daemon;
  daemon.serve("warehouse", std::make_shared<Warehouse>());
  std::cout << "The warehouse is open." << std::endl;
  daemon.run();
}
