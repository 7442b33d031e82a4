// The methods that an object has by all its interfaces, each once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <rmi/detail/method.hpp>

namespace rmi::detail {

/// One method.
struct MethodEntry {
  using Invoke = void (*)(void* object, std::span<const std::byte> arguments,
                          const DecodeLimits& limits, ReplySink& reply);
  using MakeSignature = Signature (*)(TypeTable&, std::string,
                                      const std::vector<std::string>& parameters, std::string doc);
  std::string name;
  std::string doc;
  std::vector<std::string> parameters;
  MakeSignature make_signature;
  Invoke invoke;
  MethodTraits traits{};
  Access property = Access::none;

  /// As it is published.
  Signature signature(TypeTable& types) const;
};

/// What an object can do.
struct InterfaceDescription {
  std::string interface {};
  std::vector<std::string> extends{};     ///< interfaces that this has the methods of, directly
  std::vector<std::string> interfaces{};  ///< all names that it answers to, its own first
  std::vector<MethodEntry> methods{};
};

/// As it is published. @throws std::logic_error  two methods of one name.
InterfaceSchema schema_of(const InterfaceDescription& description);

/// Collects entries. Interfaces come after those that they extend, and are told by addresses
/// (type_identity).
class EntryList {
 public:
  void begin(const void* interface, std::string name, std::vector<const void*> extended);
  /// An entry of an interface that has begun. A method that an interface lists again, after one
  /// that it extends, takes the place of that one.
  /// @throws std::logic_error  their signatures differ.
  void add(const void* interface, MethodEntry entry);

  /// @param interfaces  those that were asked for, the one that gives the name first.
  /// @throws std::logic_error  a method of two interfaces, of which none extends the other.
  InterfaceDescription take(std::span<const void* const> interfaces);

 private:
  struct Interface {
    const void* identity;
    std::string name;
    std::vector<const void*> extended;
  };
  struct Listed {
    const void* interface;
    MethodEntry entry;
  };
  const Interface* find(const void* identity) const;
  const std::string& name_of(const void* identity) const;
  bool extends(const void* interface, const void* base) const;
  void require_same(const Listed& derived, const Listed& base) const;

  std::vector<Interface> interfaces_;
  std::vector<Listed> listed_;
};

}  // namespace rmi::detail
