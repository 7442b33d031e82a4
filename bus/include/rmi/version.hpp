// Which version of the library a program is built against.
#pragma once

namespace rmi {

/// "MAJOR.MINOR.PATCH"; the headers and the library of one version belong together.
inline constexpr const char* library_version = "0.1.0";

}  // namespace rmi
