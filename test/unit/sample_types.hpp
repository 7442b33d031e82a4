// Classes in all the ways in which cereal serializes one; for the tests of reflection and JSON.
#pragma once

#include <cereal/types/atomic.hpp>
#include <cereal/types/base_class.hpp>
#include <cereal/types/queue.hpp>
#include <cereal/types/stack.hpp>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rmi/archive.hpp>

namespace shop {

enum class Color : std::uint8_t { red, green, blue = 100 };
enum Plain { plain_a, plain_b = 1024 };
enum class Offset : std::int8_t { below = -3, zero = 0 };
enum class Switch : bool { off, on };
enum class Letter : char { a = 'a' };
enum class Huge : std::uint64_t { small = 1, huge = 18446744073709551615U };

struct Item {
  std::string name;
  double price = 0;
  std::vector<std::uint32_t> sizes;
  std::optional<Color> color;
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(price), CEREAL_NVP(sizes), CEREAL_NVP(color));
  }
};

struct Unnamed {
  int a = 1;
  std::string b;
  template <class A>
  void serialize(A& ar) {
    ar& a;
    ar << b;
  }
};

struct Node {
  std::string value;
  std::vector<Node> kids;
  std::unique_ptr<Node> next;
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(value), CEREAL_NVP(kids), CEREAL_NVP(next));
  }
};

struct Even;
struct Odd {
  std::vector<Even> evens;
  template <class A>
  void serialize(A& ar);
};
struct Even {
  std::map<std::string, Odd> odds;
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(odds));
  }
};
template <class A>
void Odd::serialize(A& ar) {
  ar(CEREAL_NVP(evens));
}

struct Free {
  int x = 0;
};
template <class A>
void serialize(A& ar, Free& free) {
  ar(cereal::make_nvp("the x", free.x));
}

class Split {
 public:
  int x = 5;

 private:
  friend class cereal::access;
  template <class A>
  void save(A& ar) const {
    ar(CEREAL_NVP(x));
  }
  template <class A>
  void load(A& ar) {
    ar(CEREAL_NVP(x));
  }
};

struct FreeSplit {
  int x = 0;
};
template <class A>
void save(A& ar, const FreeSplit& it) {
  ar(cereal::make_nvp("x", it.x));
}
template <class A>
void load(A& ar, FreeSplit& it) {
  ar(cereal::make_nvp("x", it.x));
}

struct Minimal {
  std::string text;
  template <class A>
  std::string save_minimal(const A&) const {
    return text;
  }
  template <class A>
  void load_minimal(const A&, const std::string& from) {
    text = from;
  }
};

struct FreeMinimal {
  int x = 0;
};
template <class A>
std::int16_t save_minimal(const A&, const FreeMinimal& it) {
  return static_cast<std::int16_t>(it.x);
}
template <class A>
void load_minimal(const A&, FreeMinimal& it, const std::int16_t& from) {
  it.x = from;
}

struct Versioned {
  int x = 0;
  template <class A>
  void serialize(A& ar, std::uint32_t) {
    ar(CEREAL_NVP(x));
  }
};

struct VersionedBase {
  int id = 0;
  template <class A>
  void serialize(A& ar, std::uint32_t) {
    ar(CEREAL_NVP(id));
  }
};
struct Derived : VersionedBase {
  int id = 0;
  std::string name;
  template <class A>
  void serialize(A& ar) {
    ar(cereal::base_class<VersionedBase>(this), CEREAL_NVP(id), CEREAL_NVP(name));
  }
};

struct Empty {};

class Private {
 public:
  static Private of(int x) {
    Private made;
    made.x_ = x;
    return made;
  }

 private:
  friend class cereal::access;
  Private() = default;
  template <class A>
  void serialize(A& ar) {
    ar(cereal::make_nvp("x", x_));
  }
  int x_;
};

template <class T>
struct Pair {
  T first{};
  T second{};
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(first), CEREAL_NVP(second));
  }
};

struct Polymorphic {
  virtual ~Polymorphic() = default;
  template <class A>
  void serialize(A&) {}
};
struct NotSerializable {
  int x = 0;
};
}  // namespace shop

CEREAL_CLASS_VERSION(shop::Versioned, 7)
CEREAL_CLASS_VERSION(shop::VersionedBase, 4)
