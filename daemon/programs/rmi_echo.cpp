// The program rmi-echo: serves an object with every kind of method, to try things on.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "daemon/programs/echo.hpp"
#include "daemon/programs/program.hpp"

namespace {

constexpr const char* more =
    "Prints 'Ready. Object uri = URI' when it can be called. SIGINT and SIGTERM stop it.\n"
    "\n"
    "Exit codes: 0 stopped, 2 usage, 8 refused (the name is taken), 9 a fault of this program\n"
    "or machine.\n"
    "\n"
    "Examples:\n"
    "  rmi-echo --concurrent &\n"
    "  rmi-call echo\n"
    "  rmi-call echo add 1 2\n"
    "  rmi-call echo count 0 5 500ms\n"
    "  rmi-call echo open_counter 10 --then add 5";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Serves an object with every kind of method, to try callers and brokers on.",
               "rmi-echo");
  rmi::programs::ServingOptions options;
  options.add_to(app);
  std::string name = "echo";
  app.add_option("-n,--name", name, "Name to serve it under (default: echo)")->type_name("NAME");
  app.footer(more);
  return rmi::programs::run_program(app, argc, argv, [&] {
    const auto object = std::make_shared<echo::Echo>();
    rmi::Daemon daemon(options.daemon());
    rmi::programs::print_ready(daemon.serve(name, object, options.serve()));
    daemon.run();
    object->stop();
  });
}
