// The command line and the configuration file of rmi-broker.
#include "ns/broker_options.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "ns/limit_table.hpp"

using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Parsed {
  explicit Parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "rmi-broker");
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    result = parse_command_line(static_cast<int>(arguments.size()), arguments.data(), out_stream,
                                err_stream);
    out = out_stream.str();
    err = err_stream.str();
  }
  const BrokerProgram& program() const {
    INFO(err);
    REQUIRE(std::holds_alternative<BrokerProgram>(result));
    return std::get<BrokerProgram>(result);
  }
  int code() const {
    REQUIRE(std::holds_alternative<int>(result));
    return std::get<int>(result);
  }

  std::variant<BrokerProgram, int> result;
  std::string out;
  std::string err;
};

/// A file in a fresh folder that goes with the object.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) {
    std::string pattern = std::filesystem::temp_directory_path() / "rmi-test-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    path_ = folder_ / "broker.conf";
    std::ofstream(path_) << text;
  }
  ~ConfigFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  const char* path() const { return path_.c_str(); }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

using Endpoints = std::vector<std::string>;

}  // namespace

TEST_CASE("without options a broker listens at the default port, on loopback only") {
  const Parsed parsed({});
  CHECK(parsed.program().broker.endpoints == Endpoints{"tcp://127.0.0.1:7766"});
  CHECK_FALSE(parsed.program().broker.insecure);
  CHECK(parsed.program().broker.lanes == 1);
  CHECK(parsed.program().broker.lease == 6s);
  CHECK(parsed.program().broker.grace == 10s);
  CHECK(parsed.program().broker.drains_on_request);
  CHECK(parsed.program().broker.limits.max_message == rmi::default_max_message);
  CHECK(parsed.program().log_level == rmi::LogLevel::info);
  CHECK(parsed.program().log_format == rmi::LogFormat::text);
}

TEST_CASE("every option reaches the broker") {
  const Parsed parsed({"--listen",
                       "tcp://0.0.0.0:1",
                       "--listen",
                       "ipc:///tmp/a b",
                       "--insecure",
                       "--key",
                       "/tmp/broker keys",
                       "--authorized",
                       "/tmp/authorized",
                       "--lanes",
                       "4",
                       "--lease",
                       "500ms",
                       "--grace",
                       "3s",
                       "--max-message",
                       "1MiB",
                       "--log-level",
                       "error",
                       "--log-format",
                       "json",
                       "--store",
                       "/tmp/a store",
                       "--salvage"});
  CHECK(parsed.program().broker.endpoints == Endpoints{"tcp://0.0.0.0:1", "ipc:///tmp/a b"});
  CHECK(parsed.program().broker.insecure);
  CHECK(parsed.program().broker.key_file == "/tmp/broker keys");
  CHECK(parsed.program().broker.authorized_file == "/tmp/authorized");
  CHECK(parsed.program().broker.lanes == 4);
  CHECK(parsed.program().broker.lease == 500ms);
  CHECK(parsed.program().broker.grace == 3s);
  CHECK(parsed.program().broker.limits.max_message == 1U << 20U);
  CHECK(parsed.program().log_level == rmi::LogLevel::error);
  CHECK(parsed.program().log_format == rmi::LogFormat::json);
  CHECK(parsed.program().store == "/tmp/a store");
  CHECK(parsed.program().salvage);
  CHECK(Parsed({"--lease", "0.5s"}).program().broker.lease == 500ms);
  CHECK(Parsed({"--lease", "2min"}).program().broker.lease == 2min);
  CHECK(Parsed({"--lease", "10m"}).program().broker.lease == 10min);
  CHECK(Parsed({"--lease", "1h"}).program().broker.lease == 1h);
}

TEST_CASE("a configuration file sets what the command line does not") {
  const ConfigFile file(
      "# a comment\nlisten = [\"tcp://127.0.0.1:1\", \"ipc:///tmp/x\"]\nlease = \"3s\"\n"
      "insecure = true\n");
  const Parsed parsed({"--config", file.path(), "--lease", "7s"});
  CHECK(parsed.program().broker.endpoints == Endpoints{"tcp://127.0.0.1:1", "ipc:///tmp/x"});
  CHECK(parsed.program().broker.insecure);
  CHECK(parsed.program().broker.lease == 7s);
}

TEST_CASE("what --print-config prints can be read back") {
  const Parsed printed({"--listen",
                        "tcp://127.0.0.1:*",
                        "--listen",
                        "ipc:///tmp/a b",
                        "--lease",
                        "1500ms",
                        "--grace",
                        "0ms",
                        "--max-message",
                        "5000",
                        "--log-level",
                        "debug",
                        "--insecure",
                        "--log-format",
                        "json",
                        "--store",
                        "/tmp/a store",
                        "--key",
                        "/tmp/broker keys",
                        "--authorized",
                        "/tmp/authorized",
                        "--print-config"});
  CHECK(printed.code() == 0);
  const ConfigFile file(printed.out);
  const Parsed parsed({"--config", file.path()});
  CHECK(parsed.program().broker.endpoints == Endpoints{"tcp://127.0.0.1:*", "ipc:///tmp/a b"});
  CHECK(parsed.program().broker.lease == 1500ms);
  CHECK(parsed.program().broker.grace == 0ms);
  CHECK(parsed.program().broker.limits.max_message == 5000);
  CHECK(parsed.program().broker.key_file == "/tmp/broker keys");
  CHECK(parsed.program().broker.authorized_file == "/tmp/authorized");
  CHECK(parsed.program().broker.insecure);
  CHECK(parsed.program().log_level == rmi::LogLevel::debug);
  CHECK(parsed.program().log_format == rmi::LogFormat::json);
  CHECK(parsed.program().store == "/tmp/a store");
}

TEST_CASE("limits are set by name, on the command line and in the file") {
  const Parsed parsed({"--limit", "calls-per-session=7", "--limit", "unread-time=3s"});
  CHECK(parsed.program().broker.limits.calls_per_session == 7);
  CHECK(parsed.program().broker.limits.unread_time == 3s);
  const ConfigFile file("limit = [\"names=50\", \"bytes-per-daemon=1MiB\"]\n");
  const Parsed from_file({"--config", file.path()});
  CHECK(from_file.program().broker.limits.registry.names == 50);
  CHECK(from_file.program().broker.limits.bytes_per_daemon == 1U << 20U);
  const Parsed last({"--max-message", "1MiB", "--limit", "message-size=2MiB"});
  CHECK(last.program().broker.limits.max_message == 2U << 20U);
}

TEST_CASE("--print-config shows each limit, and those that were set can be read back") {
  const Parsed standard({"--print-config"});
  for (const auto& rule : limit_rules())
    if (rule.id != LimitId::message_size)
      CHECK_THAT(standard.out, Contains("#   \"" + std::string(rule.name) + "="));
  CHECK_THAT(standard.out, Contains("\n# limit = []\n"));
  const ConfigFile untouched(standard.out);
  CHECK(Parsed({"--config", untouched.path()}).program().broker.limits.sessions == 20'000);
  const Parsed printed({"--limit", "sessions=9", "--limit", "unread-time=90s", "--limit",
                        "message-size=4KiB", "--print-config"});
  CHECK_THAT(printed.out, Contains("\nlimit = [\"sessions=9\", \"unread-time=90s\"]\n"));
  const ConfigFile file(printed.out);
  const Parsed parsed({"--config", file.path()});
  CHECK(parsed.program().broker.limits.sessions == 9);
  CHECK(parsed.program().broker.limits.unread_time == 90s);
  CHECK(parsed.program().broker.limits.max_message == 4096);
}

TEST_CASE("mistakes are one line on stderr and exit code 2") {
  const auto mistake = [](std::vector<const char*> arguments) {
    const Parsed parsed(std::move(arguments));
    CHECK(parsed.code() == 2);
    CHECK(parsed.out.empty());
    CHECK(parsed.err.find('\n') == parsed.err.size() - 1);
    CHECK_THAT(parsed.err, StartsWith("rmi-broker: "));
    return parsed.err;
  };
  CHECK_THAT(mistake({"--lisen", "x"}), Contains("--lisen"));
  for (const auto* time : {"5", "soon", "s", "1e5s", "1..2s", "-1s", "5 parsecs"})
    CHECK_THAT(mistake({"--lease", time}),
               Contains("'" + std::string(time) + "' is not a time; expected a number and a unit"));
  for (const auto* lanes : {"0", "65", "many"})
    CHECK_THAT(mistake({"--lanes", lanes}), Contains(lanes) && Contains("1 to 64"));
  CHECK_THAT(mistake({"--log-level", "loud"}), Contains("loud"));
  CHECK_THAT(mistake({"--log-format", "xml"}), Contains("xml"));
  CHECK_THAT(mistake({"--salvage"}), Contains("--store"));
  CHECK_THAT(mistake({"--key", "f"}), Contains("--authorized"));
  CHECK_THAT(mistake({"--authorized", "f"}), Contains("--key"));
  CHECK_THAT(mistake({"--max-message", "big"}), Contains("big"));
  CHECK_THAT(mistake({"--limit", "call-per-session=1"}), Contains("'calls-per-session'"));
  CHECK_THAT(mistake({"--limit", "calls-per-session=x"}), Contains("expected a number"));
  CHECK_THAT(mistake({"--config", "/no/such/file"}), Contains("/no/such/file"));
  const ConfigFile typo("lisen = \"x\"\n");
  CHECK_THAT(mistake({"--config", typo.path()}), Contains("lisen"));
}

TEST_CASE("--help and --version are answered on stdout with exit code 0") {
  const Parsed help({"--help"});
  CHECK(help.code() == 0);
  for (const auto* option :
       {"--listen", "--insecure", "--key", "--authorized", "--lease", "--grace", "--max-message",
        "--limit", "--log-level", "--log-format", "--store", "--salvage", "--config",
        "--print-config", "--version", "Exit codes"})
    CHECK_THAT(help.out, Contains(option));
  const Parsed version({"--version"});
  CHECK(version.code() == 0);
  CHECK(version.out == "rmi-broker 0.1.0\n");
}
