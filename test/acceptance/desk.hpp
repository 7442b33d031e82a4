// What the acceptance service offers: a greeting, a value of every kind, and calls that take long.
#pragma once

#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <rmi/interface.hpp>

namespace desk {

enum class Color : std::uint8_t { red, green, blue };

struct Item {
  std::string name;
  double price = 0;
  std::optional<std::uint32_t> pieces;

  bool operator==(const Item&) const = default;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(price), CEREAL_NVP(pieces));
  }
};

/// A struct of vectors of maps, and whatever else JSON has no word for.
struct Parcel {
  std::vector<std::map<std::string, std::vector<Item>>> shelves;
  std::map<std::int32_t, std::string> floors;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::uint64_t largest = 0;
  std::vector<double> readings;
  std::vector<std::uint8_t> seal;
  Color color = Color::red;
  std::optional<std::string> note;
  std::vector<std::variant<std::int64_t, std::string, Item>> labels;
  std::chrono::sys_time<std::chrono::nanoseconds> sent{};
  std::chrono::milliseconds delay{};

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(shelves), CEREAL_NVP(floors), CEREAL_NVP(least), CEREAL_NVP(most),
       CEREAL_NVP(largest), CEREAL_NVP(readings), CEREAL_NVP(seal), CEREAL_NVP(color),
       CEREAL_NVP(note), CEREAL_NVP(labels), CEREAL_NVP(sent), CEREAL_NVP(delay));
  }
};

/// Equal in every bit: a NaN equals itself, 0.0 does not equal -0.0.
inline bool same(const Parcel& a, const Parcel& b) {
  const auto same_bits = [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  };
  return a.shelves == b.shelves && a.floors == b.floors && a.least == b.least && a.most == b.most &&
         a.largest == b.largest && std::ranges::equal(a.readings, b.readings, same_bits) &&
         a.seal == b.seal && a.color == b.color && a.note == b.note && a.labels == b.labels &&
         a.sent == b.sent && a.delay == b.delay;
}

/// A parcel with all the values that easily get lost. main_job_test.py has it as JSON.
inline Parcel sample_parcel() {
  using Double = std::numeric_limits<double>;
  Parcel parcel;
  parcel.shelves = {{{"tea", {{"green", 0.1, 3}, {"black", 2.5, std::nullopt}}}, {"空", {}}}, {}};
  parcel.floors = {{-2, "cellar"}, {0, "ground"}, {2147483647, "roof 🏠"}};
  parcel.least = std::numeric_limits<std::int64_t>::min();
  parcel.most = std::numeric_limits<std::int64_t>::max();
  parcel.largest = std::numeric_limits<std::uint64_t>::max();
  parcel.readings = {Double::quiet_NaN(),  Double::infinity(), -Double::infinity(), -0.0,
                     Double::denorm_min(), Double::max()};
  parcel.seal = {0, 1, 254, 255};
  parcel.color = Color::blue;
  parcel.labels = {std::int64_t{-1}, "fragile", Item{"box", 1, 1}};
  parcel.sent += std::chrono::nanoseconds(1700000000123456789);
  parcel.delay = std::chrono::milliseconds(1500);
  return parcel;
}

class Desk {
 public:
  std::string welcome_message(const std::string& name) { return "Hi welcome " + name; }
  Parcel forward(const Parcel& parcel) { return parcel; }
  bool is_sample(const Parcel& parcel) { return same(parcel, sample_parcel()); }
  Parcel sample() { return sample_parcel(); }
  /// @throws std::domain_error  b is zero.
  double divide(double a, double b);
  /// Says on stdout that it runs, and returns the first line that comes through that pipe.
  std::string hold(const std::string& pipe);
};

RMI_INTERFACE(Desk, (welcome_message, rmi::params("name")), (forward, rmi::params("parcel")),
              (is_sample, rmi::params("parcel")), sample, (divide, rmi::params("a", "b")),
              (hold, rmi::params("pipe")))

}  // namespace desk
