// The exception types of RMI_EXCEPTION that this process knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>

#include <rmi/exception.hpp>

namespace rmi {

/// The type as a programmer writes it, without the marks of libstdc++: its name on the wire.
std::string exception_name(const std::type_info& type);

/// Thread safety: thread safe.
std::optional<detail::ExceptionType> find_exception(std::string_view name);

}  // namespace rmi
