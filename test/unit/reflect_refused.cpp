// Must not compile: reflect_refused.sh looks for a sentence of rmi for each line marked below.
#include <rmi/reflect.hpp>

#include <map>
#include <span>
#include <string_view>

#include <rmi/archive.hpp>

struct Animal {
  virtual ~Animal() = default;
  template <class Archive>
  void serialize(Archive&) {}
};
struct Plain {
  int x = 0;
};
struct BySize {
  std::vector<int> values;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(cereal::make_size_tag(values.size()));  // a size by hand
  }
};
struct Raw {
  int value = 0;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(cereal::binary_data(&value, sizeof value));  // cereal::binary_data
  }
};
struct Holder {
  const char* text = nullptr;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(text);  // raw pointers
  }
};

void all(rmi::TypeTable& types) {
  rmi::type_of<std::vector<long double>>(types);                // use double
  rmi::type_of<std::map<int, std::shared_ptr<int>>>(types);     // shared and weak pointers
  rmi::type_of<std::unique_ptr<int[]>>(types);                  // a pointer to an array
  rmi::type_of<std::optional<std::unique_ptr<Animal>>>(types);  // polymorphic classes
  rmi::type_of<std::string_view>(types);                        // views do not own
  rmi::type_of<std::wstring>(types);                            // wide characters
  rmi::type_of<std::pair<int, Plain>>(types);                   // no cereal serialize function
  rmi::type_of<std::nullptr_t>(types);                          // this type cannot travel
  rmi::type_of<BySize>(types);
  rmi::type_of<Raw>(types);
  rmi::type_of<Holder>(types);
}
