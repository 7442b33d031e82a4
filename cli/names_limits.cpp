// rmi-ns limits: what a broker does not do, and how near it is to that.
#include <iostream>
#include <nlohmann/json.hpp>

#include <rmi/broker_control.hpp>
#include <rmi/proxy.hpp>

#include "bus/json.hpp"
#include "cli/names_command.hpp"
#include "cli/table.hpp"

namespace rmi::cli {

ExitCode show_limits(const NamesOptions& options, Words) {
  Session session(options.common, std::nullopt, false);
  const auto all =
      Proxy<BrokerControl>(session.bus(), "rmi.broker").with_timeout(session.left())->limits();
  if (options.common.json) {
    Json list = Json::array();
    for (const auto& limit : all)
      list.push_back({{"name", limit.name},
                      {"meaning", limit.meaning},
                      {"limit", limit.limit},
                      {"used", limit.used ? Json(*limit.used) : Json()},
                      {"by", limit.by},
                      {"refused", limit.refused}});
    std::cout << to_text(list) << '\n';
    return ExitCode::done;
  }
  std::vector<Row> rows;
  for (const auto& limit : all)
    rows.push_back({limit.name, limit.limit_text,
                    limit.used ? std::to_string(*limit.used) : std::string(),
                    std::to_string(limit.refused), limit.by});
  std::cout << format_table({"NAME", "LIMIT", "USED", "REFUSED", "BY"}, rows,
                            palette(options.common.color));
  return ExitCode::done;
}

}  // namespace rmi::cli
