// The parts of reflection that do not depend on a C++ type.
#include <rmi/reflect.hpp>

#include <algorithm>

namespace rmi::detail {

Type make_type(Kind kind, std::vector<Type> items) {
  Type type;
  type.kind = kind;
  type.items = std::move(items);
  return type;
}

Type make_array(std::uint64_t size, Type element) {
  Type type = make_type(Kind::array);
  type.items.push_back(std::move(element));
  type.size = size;
  return type;
}

Type make_time(Type duration, std::string clock) {
  duration.kind = Kind::time;
  duration.name = std::move(clock);
  return duration;
}

Type make_ref(std::string interface) {
  Type type = make_type(Kind::ref);
  type.name = std::move(interface);
  return type;
}

Type make_stream(Type item) {
  return make_type(Kind::stream, {std::move(item)});
}

Type make_callback(std::vector<Type> parameters, Type result) {
  parameters.push_back(std::move(result));
  return make_type(Kind::callback, std::move(parameters));
}

void RecordingArchive::add(std::string name, Type type) {
  const auto taken = [this](const std::string& wanted) {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const Field& field) { return field.name == wanted; });
  };
  if (name.empty()) {
    const auto versions = std::count_if(fields_.begin(), fields_.end(), [](const Field& field) {
      return field.type.kind == Kind::version;
    });
    name = '_' + std::to_string(fields_.size() - static_cast<std::size_t>(versions));
  }
  // A class and its base may use one name for two fields.
  std::string unique = name;
  for (int number = 2; taken(unique); ++number)
    unique = name + '_' + std::to_string(number);
  fields_.push_back({std::move(unique), std::move(type)});
}

}  // namespace rmi::detail
