// Phase 2, a visitor: another program, perhaps on another machine.
#include <rmi/bus.hpp>
#include <rmi/proxy.hpp>

#include "visit.hpp"
#include "warehouse_interface.hpp"

int main(int argc, char** argv) {
  rmi::Bus bus;
  const rmi::Proxy<Warehouse> warehouse(bus, "warehouse");
  visit(argc > 1 ? argv[1] : "Janet", warehouse);
}
