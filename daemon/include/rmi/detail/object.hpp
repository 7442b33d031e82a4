// An object and its methods, without its type.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rmi/interface.hpp>

namespace rmi::detail {

/// What a daemon needs to serve an object.
struct ObjectDescription {
  std::shared_ptr<void> instance;
  std::string interface;
  std::vector<MethodEntry> methods;
};

/// @tparam Class  the class that RMI_INTERFACE names; `instance` may be of a derived one.
template <class Class>
ObjectDescription describe(std::shared_ptr<Class> instance) {
  static_assert(has_interface<Class>,
                "rmi: this class has no RMI_INTERFACE(Class, methods...) in its namespace, after "
                "the class; for an object of a derived class say serve<Base>(...)");
  using Definition = Interface<Class>;
  return {std::move(instance), type_name<Class>(), Definition::rmi_methods()};
}

}  // namespace rmi::detail
