// References on the wire: the name of an object of some session, or of the name server.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <typeindex>
#include <utility>

#include <rmi/archive.hpp>
#include <rmi/detail/function_ref.hpp>
#include <rmi/detail/invoke.hpp>
#include <rmi/detail/object.hpp>

namespace rmi::detail {

class Timers;

/// Only counts what the other archives write.
template <class Archive>
inline constexpr bool sizes_only = std::is_same_v<Archive, SizeArchive>;

/// The object, and the interface that it is called through.
using ReferenceKey = std::pair<const void*, std::type_index>;

/// A name as long as the one that send_object() or send_name() will give.
std::string reference_to_size(const std::string& name, bool object_of_this_process);

// The following are meant for save and load functions: they work while a call or its answer is
// being encoded or decoded, on that thread. @throws std::logic_error  otherwise.

/// Makes an object of this process callable for others, and counts that it was sent.
/// @param linger  how long it stays for a holder that lost its connection.
/// @return its name.
std::string send_object(const ReferenceKey& key, FunctionRef<ObjectDescription()> describe,
                        bool concurrent, std::chrono::milliseconds linger = {});
/// Of the connection that the call goes over. Lifetime: the connection's.
Timers& timers_here();
/// Passes a reference on that came from elsewhere. @return its name.
std::string send_name(const CallTarget& target);
/// @return how to call what came; holds the reference. @throws DecodeError  a malformed name.
CallTarget receive_reference(std::string name);

/// @throws std::logic_error
void require_remote(bool received, bool object_of_this_process);

}  // namespace rmi::detail
