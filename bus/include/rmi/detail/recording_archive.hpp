// A cereal archive that notes which fields a class writes instead of writing them. The one place
// where reflection meets cereal.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <cereal/cereal.hpp>
#include <cereal/types/base_class.hpp>

#include <rmi/detail/type_name.hpp>
#include <rmi/schema.hpp>

namespace rmi::detail {

template <class T>
Type reflect(TypeTable& types);  // in <rmi/reflect.hpp>

template <class>
inline constexpr bool always_false = false;

/// Runs the serialize function of one object. Only the C++ types of what that function passes on
/// matter; no value is read, so a default-constructed object with indeterminate members will do.
class RecordingArchive
    : public cereal::OutputArchive<RecordingArchive, cereal::AllowEmptyClassElision> {
  using Base = cereal::OutputArchive<RecordingArchive, cereal::AllowEmptyClassElision>;

 public:
  explicit RecordingArchive(TypeTable& types) : Base(this), types_(types) {}

  /// The fields of a class, those of its base classes in place.
  template <class T>
  std::vector<Field> record(const T& object) {
    scope_.push_back(type_name<T>());
    Base::operator()(object);
    scope_.pop_back();
    return std::move(fields_);
  }

  template <class... Ts>
  RecordingArchive& operator()(Ts&&... values) {
    (note("", values), ...);
    return *this;
  }
  template <class T>
  RecordingArchive& operator&(T&& value) {
    return (*this)(value);
  }
  template <class T>
  RecordingArchive& operator<<(T&& value) {
    return (*this)(value);
  }

  template <class T>
  void note(const char* name, const T&) {
    add(name, reflect<std::remove_cv_t<T>>(types_));
  }
  template <class T>
  void note(const char*, const cereal::NameValuePair<T>& pair) {
    note(pair.name, pair.value);
  }
  template <class T>
  void note(const char*, const cereal::base_class<T>& base) {
    note_base<T>(*base.base_ptr);
  }
  template <class T>
  void note(const char*, const cereal::virtual_base_class<T>& base) {
    note_base<T>(*base.base_ptr);
  }
  template <class T>
  void note(const char*, const cereal::SizeTag<T>&) {
    static_assert(always_false<T>,
                  "rmi: a serialize function that writes a size by hand cannot be described; "
                  "serialize a std::vector or another standard container instead");
  }
  template <class T>
  void note(const char*, const cereal::BinaryData<T>&) {
    static_assert(always_false<T>,
                  "rmi: cereal::binary_data cannot be described; serialize a "
                  "std::vector<std::byte> or a std::array instead");
  }
  template <class T>
  void note(const char*, const cereal::DeferredData<T>&) {
    static_assert(always_false<T>, "rmi: cereal::defer cannot be described; serialize in place");
  }

  /// cereal writes this in front of the first object of each versioned class of an archive.
  void note_version(std::uint32_t version) {
    Type type{.kind = Kind::version, .items = {}, .name = scope_.back(), .size = version};
    fields_.push_back({"", std::move(type)});
  }

 private:
  template <class T>
  void note_base(const T& base) {
    scope_.push_back(type_name<T>());
    Base::operator()(base);
    scope_.pop_back();
  }

  void add(std::string name, Type type);

  TypeTable& types_;
  std::vector<Field> fields_;
  std::vector<std::string> scope_;  // classes whose serialize functions are running, innermost last
};

// What cereal itself passes on: the version, and what a save_minimal of a base class returns.
template <class T>
void save(RecordingArchive& archive, const cereal::NameValuePair<T>& pair) {
  archive.note_version(pair.value);
}
template <class T>
requires std::is_arithmetic_v<T>
void save(RecordingArchive& archive, const T& value) {
  archive(value);
}

template <class T>
concept member_minimal = requires(const RecordingArchive& archive, const T& object) {
  cereal::access::member_save_minimal(archive, object);
};
template <class T>
concept free_minimal = requires(const RecordingArchive& archive, const T& object) {
  save_minimal(archive, object);
};

template <class T>
inline constexpr bool class_is_serializable =
    std::is_empty_v<T> || cereal::traits::is_output_serializable<T, RecordingArchive>::value;

/// Needs a default constructor, which may be private to cereal::access (so nothing can tell
/// beforehand whether there is one).
template <class T>
std::vector<Field> record_fields(TypeTable& types) {
  const std::unique_ptr<T> object(cereal::access::construct<T>());
  return RecordingArchive(types).record(*object);
}

}  // namespace rmi::detail
