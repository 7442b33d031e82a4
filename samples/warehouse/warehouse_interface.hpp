// What visitors may do with a warehouse over the bus.
#pragma once

#include <rmi/interface.hpp>

#include "warehouse.hpp"

RMI_INTERFACE(Warehouse, contents, (store, rmi::params("visitor", "thing")),
              (take, rmi::params("visitor", "thing")))
