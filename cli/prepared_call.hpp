// A call of rmi-call that is ready to be made: whom, what, with which bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rmi/detail/invoke.hpp>
#include <rmi/schema.hpp>

#include "bus/json.hpp"
#include "cli/arguments.hpp"
#include "cli/call.hpp"
#include "cli/json_source.hpp"

namespace rmi::cli {

/// An object and what it can do.
struct OpenObject {
  detail::CallTarget target;
  InterfaceSchema schema;
};

/// May be made any number of times. Lifetime: borrows the object.
struct PreparedCall {
  /// An argument that is a stream of this process.
  struct SentStream {
    std::size_t index;
    std::shared_ptr<JsonSource> source;
  };

  const OpenObject& object;
  detail::CallTarget target;
  const Signature& signature;
  std::uint32_t hash = 0;
  std::vector<std::byte> payload{};  ///< with names of the right length where streams are sent
  std::vector<SentStream> streams{};
  Json arguments{};  ///< in order, if streams are sent

  const TypeTable& types() const noexcept { return object.schema.types; }
  /// Writes the payload. To be called within a call that is being made.
  void encode_into(std::span<std::byte> into) const;
  /// @param take  gets the payload of the reply, while references can be received.
  void run(detail::FunctionRef<void(std::span<const std::byte>)> take) const;
};

/// @param words  METHOD and its arguments; of a property: without argument reads, with one sets.
/// @param args   all arguments as JSON, instead of words.
/// @throws MethodNotFound, BadArguments, UsageError
PreparedCall prepare(const OpenObject& object, std::span<const std::string> words,
                     const std::optional<std::string>& args, const ReadInput& read_input);

/// Text of a result as it is to be printed, newline included.
std::string show_result(const PreparedCall& call, std::span<const std::byte> reply,
                        const CallOptions& options);
/// What is printed for a result that does not come, because the call is oneway.
std::string no_result(const CallOptions& options);

/// The object that a result of kind ref, stream or callback names, held as long as the target
/// lives; nothing for null. To be called within run().
std::optional<detail::CallTarget> take_reference(std::span<const std::byte> reply);

/// All of stdin, unchanged.
std::string read_stdin();

}  // namespace rmi::cli
