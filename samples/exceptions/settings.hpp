// Reads settings, and says precisely what is wrong with them.
#pragma once

#include <map>
#include <stdexcept>
#include <string>

#include <rmi/exception.hpp>
#include <rmi/interface.hpp>

/// Arrives as itself, with its fields.
struct SyntaxError : std::runtime_error {
  using std::runtime_error::runtime_error;
  int line = 0;
  std::string found;
};
RMI_EXCEPTION(SyntaxError, line, found)

class Settings {
 public:
  /// Takes lines like `name = number`. @throws SyntaxError
  void load(const std::string& text);
  /// @throws std::out_of_range  there is none of that name.
  double get(const std::string& name) const { return values_.at(name); }
  /// @throws std::runtime_error  with the reason nested in it.
  void load_file(const std::string& path);

 private:
  std::map<std::string, double> values_;
};
RMI_INTERFACE(Settings, load, get, load_file)
