// Values of every type that the archives carry, for the tests of the archives.
#pragma once

#include <limits>
#include <rmi/archive.hpp>

namespace corpus {

enum class Colour : std::uint16_t { red = 1, blue = 0xbeef };
enum class Switch : bool { off, on };

struct Empty {
  bool operator==(const Empty&) const = default;
};

struct Point {
  double x = 0;
  float y = 0;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(x), CEREAL_NVP(y));
  }
  auto operator<=>(const Point&) const = default;
};

/// Split functions outside the class, and another form on the wire than in memory.
struct Id {
  std::uint64_t number = 0;
  auto operator<=>(const Id&) const = default;
};
template <class Archive>
std::string save_minimal(const Archive&, const Id& id) {
  return std::to_string(id.number);
}
template <class Archive>
void load_minimal(const Archive&, Id& id, const std::string& text) {
  id.number = std::stoull(text);
}

struct Tree {
  std::string label;
  std::vector<Tree> children;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(label, children);
  }
  bool operator==(const Tree&) const = default;
};

struct Chain {
  std::unique_ptr<Chain> next;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(next);
  }
};

struct Base {
  std::int32_t base = 7;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(base);
  }
};

struct Versioned : Base {
  std::int16_t value = 8;
  template <class Archive>
  void serialize(Archive& ar, const std::uint32_t version) {
    if (version != 3) throw std::runtime_error("version " + std::to_string(version));
    ar(cereal::base_class<Base>(this), value);
  }
};

/// A user's own container, with a length field of its own.
struct Bag {
  std::vector<Point> points;
  template <class Archive>
  void save(Archive& ar) const {
    ar(static_cast<std::uint32_t>(points.size()));
    for (const Point& point : points)
      ar(point);
  }
  void load(rmi::InputArchive& ar) {
    std::uint32_t count = 0;
    ar(count);
    points.resize(ar.checked_count<Point>(count));
    for (Point& point : points)
      ar(point);
  }
  bool operator==(const Bag&) const = default;
};

/// No default constructor: made by load_and_construct.
class Sealed {
 public:
  explicit Sealed(std::string text) : text_(std::move(text)) { ++alive; }
  Sealed(const Sealed&) = delete;
  ~Sealed() { --alive; }
  const std::string& text() const { return text_; }
  template <class Archive>
  void serialize(Archive& ar) {
    ar(text_, tail_);
  }
  template <class Archive>
  static void load_and_construct(Archive& ar, cereal::construct<Sealed>& construct) {
    std::string text;
    ar(text);
    if (text == "never") return;
    construct(text);
    ar(construct->tail_);
  }
  static inline int alive = 0;

 private:
  std::string text_;
  std::string tail_ = "tail";
};

inline std::unique_ptr<Chain> chain(int length) {
  std::unique_ptr<Chain> head;
  for (int i = 0; i < length; ++i) {
    auto longer = std::make_unique<Chain>();
    longer->next = std::move(head);
    head = std::move(longer);
  }
  return head;
}

template <class Visitor>
void visit_numbers(Visitor&& visit) {
  visit("bool", true);
  visit("char", 'x');
  visit("i8", std::int8_t{-1});
  visit("u16", std::uint16_t{0xabcd});
  visit("i32", std::numeric_limits<std::int32_t>::min());
  visit("u64", std::numeric_limits<std::uint64_t>::max());
  visit("f32", 1.5F);
  visit("f64", -std::numeric_limits<double>::infinity());
  visit("char32_t", U'\x1f600');
  visit("enum", Colour::blue);
  visit("enum of bool", Switch::on);
  visit("byte", std::byte{0xfe});
  visit("complex", std::complex<float>(1, -2));
  visit("duration", std::chrono::milliseconds(-250));
  visit("duration of double", std::chrono::duration<double>(0.5));
  visit("time point", std::chrono::system_clock::time_point(std::chrono::microseconds(123456789)));
}

template <class Visitor>
void visit_sequences(Visitor&& visit) {
  visit("string", std::string("Hi welcome \xe4\xb8\xad\xe6\x96\x87"));
  visit("empty string", std::string());
  visit("u16string", std::u16string(u"wide"));
  visit("vector of i32", std::vector<std::int32_t>{1, -2, 3});
  visit("vector of i8", std::vector<std::int8_t>{1, -2, 3});
  visit("vector of bytes", std::vector<std::byte>{std::byte{1}, std::byte{255}});
  visit("vector of bool", std::vector<bool>{true, false, true});
  visit("vector of strings", std::vector<std::string>{"", "a", "bc"});
  visit("vector of enums", std::vector<Colour>{Colour::red, Colour::blue});
  visit("array of doubles", std::array<double, 3>{1, 2, 3});
  visit("array of bool", std::array<bool, 3>{true, false, true});
  visit("array of bytes", std::array<std::byte, 2>{std::byte{1}, std::byte{2}});
  visit("array of strings", std::array<std::string, 2>{"one", "two"});
  visit("empty array", std::array<std::string, 0>{});
  visit("list", std::list<std::int64_t>{4, 5});
  visit("forward_list", std::forward_list<std::string>{"x", "yz"});
  visit("deque", std::deque<std::uint16_t>{6, 7, 8});
  visit("valarray of doubles", std::valarray<double>{1, 2.5});
  visit("empty valarray", std::valarray<double>{});
  visit("valarray of strings", std::valarray<std::string>{"v", "w"});
  visit("vector of nothing", std::vector<Empty>(5));
}

template <class Visitor>
void visit_associations(Visitor&& visit) {
  visit("set", std::set<std::string>{"a", "b"});
  visit("multiset", std::multiset<std::int32_t>{1, 1, 2});
  visit("unordered_set", std::unordered_set<std::int32_t>{1, 2, 3});
  visit("unordered_multiset", std::unordered_multiset<std::int32_t>{5, 5});
  visit("map", std::map<std::string, std::vector<std::int32_t>>{{"a", {1}}, {"b", {}}});
  visit("multimap", std::multimap<std::int32_t, std::string>{{1, "x"}, {1, "y"}});
  visit("unordered_map", std::unordered_map<std::string, double>{{"pi", 3.14}, {"e", 2.71}});
  visit("unordered_multimap", std::unordered_multimap<std::int32_t, bool>{{1, true}, {1, true}});
}

template <class Visitor>
void visit_composites(Visitor&& visit) {
  visit("pair", std::pair<std::int32_t, std::string>(1, "one"));
  visit("tuple", std::tuple<bool, std::string, double>(true, "t", 0.25));
  visit("empty tuple", std::tuple<>());
  visit("optional", std::optional<std::string>("there"));
  visit("nullopt", std::optional<std::string>());
  visit("variant", std::variant<std::monostate, std::int32_t, std::string>("alternative"));
  visit("variant of nothing", std::variant<std::monostate, std::int32_t>());
  visit("unique_ptr", std::make_unique<std::string>("owned"));
  visit("null", std::unique_ptr<std::string>());
  visit("unique_ptr to a sealed class", std::make_unique<Sealed>("sealed"));
  visit("struct", Point{1, 2});
  visit("struct in another form", Id{123456});
  visit("empty struct", Empty{});
  visit("tree", Tree{"root", {{"left", {}}, {"right", {{"leaf", {}}}}}});
  visit("chain", chain(5));
  visit("versioned struct with a base", Versioned{});
  visit("own length field", Bag{{{1, 2}, {3, 4}}});
  visit("deep nest",
        std::map<std::string, std::vector<std::optional<std::variant<Point, std::list<Tree>>>>>{
            {"k", {std::nullopt, Point{1, 2}, std::list<Tree>{{"t", {}}}}}, {"", {}}});
}

/// Calls visit(name, value) for a value of every type.
template <class Visitor>
void visit_all(Visitor&& visit) {
  visit_numbers(visit);
  visit_sequences(visit);
  visit_associations(visit);
  visit_composites(visit);
}

template <class... T>
std::vector<std::byte> bytes_of(const T&... values) {
  std::vector<std::byte> bytes(rmi::encoded_size(values...));
  rmi::encode(bytes, values...);
  return bytes;
}

}  // namespace corpus

CEREAL_CLASS_VERSION(corpus::Versioned, 3)
