// What most sources include, parsed once for each library. Sources include what they use all the
// same: they must compile with -Db_pch=false.
#ifndef RMI_BUS_OFTEN_INCLUDED  // g++ takes no #pragma once here
#define RMI_BUS_OFTEN_INCLUDED

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <rmi/proxy.hpp>

#endif
