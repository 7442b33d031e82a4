// How fast the archives are against cereal's stream archives: medians of interleaved rounds.
//
// usage: bench-archive [--json] [ROUNDS]
#include <algorithm>
#include <cereal/archives/binary.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <rmi/archive.hpp>
#include <sstream>

namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::vector<std::byte>;

/// Keeps the compiler from dropping what was computed.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Nanoseconds of one call, from enough calls to fill about two milliseconds.
template <class F>
double time_once(F&& call, int calls) {
  const auto start = Clock::now();
  for (int i = 0; i < calls; ++i)
    call();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / calls;
}

int rounds = 41;
bool as_json = false;
const char* comma = "";  // before the next entry in JSON

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

/// Runs both in turns, so that whatever else the machine does hits both alike.
template <class Ours, class Theirs>
void compare(const char* name, const char* what, Ours&& ours, Theirs&& theirs) {
  const double estimate = time_once(theirs, 3) + time_once(theirs, 10);
  const int calls = std::clamp(static_cast<int>(4e6 / estimate), 1, 20000);
  std::vector<double> our_times;
  std::vector<double> their_times;
  for (int round = 0; round < rounds; ++round) {
    our_times.push_back(time_once(ours, calls));
    their_times.push_back(time_once(theirs, calls));
  }
  const double mine = median(our_times);
  const double his = median(their_times);
  if (as_json) {
    std::printf(R"(%s{"value":"%s","what":"%s","rmi_ns":%.0f,"cereal_ns":%.0f,"faster":%.3f})",
                comma, name, what, mine, his, his / mine);
    comma = ",";
  } else {
    std::printf("%-28s %-7s %12.0f %12.0f %8.2fx\n", name, what, mine, his, his / mine);
  }
}

template <class T>
void bench(const char* name, const T& value) {
  Bytes wire;
  const auto encode = [&] {
    wire.resize(rmi::encoded_size(value));
    rmi::encode(wire, value);
    keep(wire);
  };
  std::string text;
  const auto cereal_encode = [&] {
    std::ostringstream stream;
    cereal::BinaryOutputArchive archive(stream);
    archive(value);
    text = std::move(stream).str();
    keep(text);
  };
  compare(name, "encode", encode, cereal_encode);
  if (wire.size() != text.size()) std::printf("%s: the sizes differ\n", name);

  const auto decode = [&] {
    T back{};
    rmi::decode(wire, {}, back);
    keep(back);
  };
  const auto cereal_decode = [&] {
    // A real receiver has the bytes in a message, so its stream copies them first.
    std::istringstream stream(std::string(reinterpret_cast<const char*>(wire.data()), wire.size()));
    cereal::BinaryInputArchive archive(stream);
    T back{};
    archive(back);
    keep(back);
  };
  compare(name, "decode", decode, cereal_decode);
}

struct Record {
  int id = 0;
  double price = 0;
  std::string name;
  std::vector<int> parts;
  std::map<std::string, int> tags;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(id), CEREAL_NVP(price), CEREAL_NVP(name), CEREAL_NVP(parts), CEREAL_NVP(tags));
  }
};

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == std::string("--json"))
      as_json = true;
    else
      rounds = std::max(1, std::atoi(argv[i]));
  }
  if (as_json)
    std::printf("[");
  else
    std::printf("%-28s %-7s %12s %12s %9s\n", "value", "", "rmi ns", "cereal ns", "faster");
  const Record record{1, 9.5, "a record", {1, 2, 3}, {{"red", 1}, {"large", 2}}};
  bench("two ints", std::pair<int, int>(1, 2));
  bench("string of 6", std::string("Rashmi"));
  bench("record", record);
  bench("1000 records", std::vector<Record>(1000, record));
  bench("string of 1 MiB", std::string(1U << 20U, 'x'));
  bench("10000 doubles", std::vector<double>(10000, 0.5));
  bench("10000 bytes", Bytes(10000));
  bench("10000 bools", std::vector<bool>(10000));
  bench("1000 strings", std::vector<std::string>(1000, "twelve bytes"));
  bench("map of 1000", [] {
    std::map<int, double> map;
    for (int i = 0; i < 1000; ++i)
      map[i * 7] = i;
    return map;
  }());
  if (as_json) std::printf("]\n");
  return 0;
}
