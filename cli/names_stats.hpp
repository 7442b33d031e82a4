// What happened between two looks at the calls of a broker.
#pragma once

#include <vector>

#include <rmi/broker_control.hpp>

namespace rmi::cli {

/// What was counted after `before`, which is of the same name and of the same run of a broker.
NameStats since(const NameStats& now, const NameStats& before);

/// What each name did since then, the busiest first.
std::vector<NameStats> busiest(const std::vector<NameStats>& now,
                               const std::vector<NameStats>& before);

}  // namespace rmi::cli
