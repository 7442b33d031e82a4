// What most tests include, parsed once for each kind of test. They include what they use all the
// same: they must compile with -Db_pch=false. Nothing of ours: many tests use the namespace, and
// what they did not ask for would clash with their own names.
#ifndef RMI_TEST_OFTEN_INCLUDED  // g++ takes no #pragma once here
#define RMI_TEST_OFTEN_INCLUDED

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#endif
