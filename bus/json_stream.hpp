// Streams whose items are read as JSON, by schema.
#pragma once

#include <string>

#include <rmi/detail/invoke.hpp>
#include <rmi/schema.hpp>
#include <rmi/stream.hpp>

namespace rmi {

/// Reads the stream that `source` names; each item is one line of JSON.
/// @param item  the type of one.
Stream<std::string> json_stream(detail::CallTarget source, const Type& item,
                                const TypeTable& types);

}  // namespace rmi
