// Must not compile: archive_refused.sh looks for a sentence of rmi for each line marked below.
#include <rmi/archive.hpp>

struct Animal {
  virtual ~Animal() = default;
  template <class Archive>
  void serialize(Archive&) {}
};

struct Holder {
  long double* inner = nullptr;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(inner);
  }
};

template <class T>
std::size_t size_of(const T& value) {
  return rmi::encoded_size(value);
}

template <class T>
void load(T& value) {
  rmi::InputArchive({})(value);
}

std::size_t saved() {
  return size_of(std::vector<long double>()) +             // use double
         size_of(std::map<int, const char*>()) +           // raw pointer
         size_of(std::optional<std::shared_ptr<int>>()) +  // std::shared_ptr
         size_of(std::unique_ptr<int[]>()) +               // to an array
         size_of(std::list<std::unique_ptr<Animal>>()) +   // polymorphic class
         size_of(std::pair<int, std::string_view>()) +     // a view or reference
         size_of(Holder());                                // raw pointer
}

void loaded() {
  std::array<long double, 2> doubles;
  load(doubles);  // use double
  std::tuple<std::weak_ptr<int>> shared;
  load(shared);  // std::shared_ptr
  Holder holder;
  load(holder);  // raw pointer
}
