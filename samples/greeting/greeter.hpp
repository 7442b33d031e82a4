// The class that is called: an ordinary one, the same for local and for remote use.
#pragma once

#include <string>

#include <rmi/interface.hpp>

class Server {
 public:
  std::string welcome_message(const std::string& name) { return "Hi welcome " + name; }
};
RMI_INTERFACE(Server, welcome_message)
