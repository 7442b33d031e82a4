// Values that travel, and what comes back of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <rmi/blob.hpp>
#include <rmi/exception.hpp>
#include <rmi/rmi.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace model {

enum class Colour : std::uint8_t { red, green = 7 };

struct Person {
  std::string name;
  int age = 0;
  std::vector<Person> children;
  bool operator==(const Person&) const = default;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(age), CEREAL_NVP(children));
  }
};

struct Everything {
  std::map<std::string, std::vector<std::optional<int>>> map;
  std::set<std::string> set;
  std::tuple<int, std::string, bool> tuple;
  std::variant<int, std::string> variant;
  std::optional<double> nothing;
  std::chrono::milliseconds time{0};
  Colour colour = Colour::red;
  std::int64_t least = 0;
  std::uint64_t largest = 0;
  Person person;
  bool operator==(const Everything&) const = default;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(map), CEREAL_NVP(set), CEREAL_NVP(tuple), CEREAL_NVP(variant),
       CEREAL_NVP(nothing), CEREAL_NVP(time), CEREAL_NVP(colour), CEREAL_NVP(least),
       CEREAL_NVP(largest), CEREAL_NVP(person));
  }
};

class Echo {
 public:
  std::string text(const std::string& text) { return text; }
  std::vector<double> numbers(const std::vector<double>& numbers) { return numbers; }
  rmi::Blob bytes(const rmi::Blob& bytes) { return bytes; }
  Everything everything(const Everything& all) { return all; }
  std::string order(int a, const std::string& b, double c, bool d, const std::vector<int>& rest) {
    std::string out = std::to_string(a) + '|' + b + '|' + std::to_string(c) + (d ? "|yes" : "|no");
    for (const int n : rest)
      out += '|' + std::to_string(n);
    return out;
  }
  std::uint64_t length(const std::string& text) { return text.size(); }
  std::string fill(std::uint64_t size) { return std::string(size, 'x'); }
  std::map<std::string, int> entries() { return entries_; }
  void nothing() {}

 private:
  std::map<std::string, int> entries_{{"one", 1}};
};
RMI_INTERFACE(Echo, text, numbers, bytes, everything,
              (order, rmi::params("a", "b", "c", "d", "rest")), length, fill, entries, nothing)

struct NotEnough : std::runtime_error {
  using std::runtime_error::runtime_error;
  double balance = 0;
  std::vector<std::string> wanted;
};
RMI_EXCEPTION(NotEnough, balance, wanted)

/// Throws what it is asked for.
class Thrower {
 public:
  int standard(const std::string& kind);
  int with_fields();
  int unknown();
  int nested();
  int number() { throw 42; }
  rmi::Future<int> later();
  rmi::Task<int> in_task();
  void quietly(const std::string& text) { throw std::domain_error(text); }
  rmi::Stream<int> partly(int good);
  int fine() { return 1; }
};
RMI_INTERFACE(Thrower, standard, with_fields, unknown, nested, number, later, in_task,
              (quietly, rmi::oneway), partly, fine)

}  // namespace model
