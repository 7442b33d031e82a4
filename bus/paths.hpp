// The way of a call to its object: through the broker, straight to the daemon, in the process.
#pragma once

#include <string_view>

#include <rmi/errors.hpp>
#include <rmi/path.hpp>

#include "bus/connection.hpp"

namespace rmi {

class Bus;

/// Makes the call on that way, or through the broker when that way is not there or nothing takes
/// the call on it: all within spec.timeout. @return the reply. @throws as Connection::call();
/// `unknown` also when an attempt on the other way may have run.
Frame call_by_path(Bus& bus, Path path, CallSpec spec,
                   detail::FunctionRef<void(std::span<std::byte>)> encode);

/// The same for a call that nobody waits for. @throws as Connection::call_oneway().
void post_by_path(Bus& bus, Path path, CallSpec spec,
                  detail::FunctionRef<void(std::span<std::byte>)> encode);

/// Whether calls on that path go straight to daemons that listen.
bool prefers_direct(Path path) noexcept;

/// Whether a call that ended so over that link is to be made over the connection to the broker.
bool leads_to_broker(const Connection& link, const CallSpec& spec, const Error& error) noexcept;

/// Whether a call on that path would stay in this process.
bool stays_in_process(Bus& bus, Path path, std::string_view object);

/// Whether the answer says that the object is not served in this process any more: others may
/// serve it.
bool left_this_process(const Frame& answer);

}  // namespace rmi
