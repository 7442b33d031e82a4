// Phase 1: all in one program.
#include "visit.hpp"
#include "warehouse.hpp"

int main() {
  Warehouse warehouse;
  visit("Janet", &warehouse);
  visit("Henry", &warehouse);
}
