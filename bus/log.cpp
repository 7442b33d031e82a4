// The stderr sink, over spdlog.
#include <rmi/log.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace rmi {
namespace {

struct Level {
  std::string_view name;
  LogLevel level;
  spdlog::level::level_enum spdlog_level;
};

constexpr std::array<Level, 5> levels{{{"debug", LogLevel::debug, spdlog::level::debug},
                                       {"info", LogLevel::info, spdlog::level::info},
                                       {"warning", LogLevel::warning, spdlog::level::warn},
                                       {"error", LogLevel::error, spdlog::level::err},
                                       {"off", LogLevel::off, spdlog::level::off}}};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  return levels.at(static_cast<std::size_t>(level)).spdlog_level;
}

}  // namespace

LogSink stderr_log(LogLevel least) {
  auto logger =
      std::make_shared<spdlog::logger>("rmi", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %-7l %v");
  logger->set_level(to_spdlog(least));
  logger->flush_on(spdlog::level::debug);
  return [logger](LogLevel level, std::string_view text) {
    logger->log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
  };
}

LogLevel parse_log_level(std::string_view text) {
  for (const auto& level : levels)
    if (level.name == text) return level.level;
  throw std::invalid_argument("unknown log level '" + std::string(text) +
                              "', expected debug, info, warning, error or off");
}

LogLevel log_level_from_environment(LogLevel otherwise) {
  const char* text = std::getenv("RMI_LOG");
  return text == nullptr || *text == '\0' ? otherwise : parse_log_level(text);
}

}  // namespace rmi
