// Serves settings. What their methods throw goes to the callers; the service lives on.
#include <fstream>
#include <memory>
#include <sstream>

#include <rmi/daemon.hpp>

#include "settings.hpp"

void Settings::load(const std::string& text) {
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    std::string name;
    char equals = 0;
    double value = 0;
    if (words >> name >> equals >> value && equals == '=') {
      values_[name] = value;
    } else {
      SyntaxError error("expected name = number");
      error.line = number;
      error.found = line;
      throw error;
    }
  }
}

void Settings::load_file(const std::string& path) {
  try {
    std::ifstream file(path);
    if (!file) throw std::invalid_argument("no such file: " + path);
    std::ostringstream text;
    text << file.rdbuf();
    load(text.str());
  } catch (...) {
    std::throw_with_nested(std::runtime_error("the settings stay as they are"));
  }
}

int main() {
  rmi::Daemon daemon({.log = rmi::stderr_log(rmi::LogLevel::error)});
  daemon.serve("settings", std::make_shared<Settings>());
  daemon.run();
}
