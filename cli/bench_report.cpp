// A row or a JSON object for each kind of work.
#include "cli/bench_report.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "bus/json.hpp"
#include "cli/duration.hpp"
#include "cli/table.hpp"

namespace rmi::cli {
namespace {

Json latency_json(const Measured& measured) {
  if (!measured.latency) return nullptr;
  const auto us = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  return {{"p50", us(measured.latency->p50)},
          {"p99", us(measured.latency->p99)},
          {"max", us(measured.latency->max)}};
}

Row table_row(const Measured& measured) {
  const auto& latency = measured.latency;
  return {std::string(measured.work),
          std::to_string(measured.n),
          std::to_string(measured.count),
          fmt::format("{:.0f}", measured.per_second()),
          latency ? show_duration(latency->p50) : "",
          latency ? show_duration(latency->p99) : "",
          latency ? show_duration(latency->max) : "",
          fmt::format("{:.2f} us", measured.cpu_us_each())};
}

}  // namespace

std::string report_text(const BenchReport& report, const Palette& palette) {
  std::vector<Row> rows;
  for (const Measured& measured : report.rows)
    rows.push_back(table_row(measured));
  return fmt::format("{} ({}) at {}, {}, {} bytes\n", printable(report.object),
                     printable(report.interface), report.endpoint, report.path, report.size) +
         format_table({"WORK", "N", "CALLS", "CALLS/S", "P50", "P99", "MAX", "CPU/CALL"}, rows,
                      palette);
}

std::string report_json(const BenchReport& report) {
  Json work = Json::array();
  for (const Measured& measured : report.rows)
    work.push_back({{"work", std::string(measured.work)},
                    {"n", measured.n},
                    {"calls", measured.count},
                    {"seconds", std::chrono::duration<double>(measured.time).count()},
                    {"calls_per_second", measured.per_second()},
                    {"cpu_us_per_call", measured.cpu_us_each()},
                    {"latency_us", latency_json(measured)}});
  return to_text(Json{{"object", report.object},
                      {"interface", report.interface},
                      {"endpoint", report.endpoint},
                      {"path", report.path},
                      {"size", report.size},
                      {"complete", report.complete},
                      {"work", std::move(work)}});
}

}  // namespace rmi::cli
