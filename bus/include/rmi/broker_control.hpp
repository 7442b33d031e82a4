// The broker as callers see it: the object `rmi.broker` of every broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rmi/interface.hpp>

namespace rmi {

/// How a broker is doing.
struct BrokerInfo {
  std::string version;
  std::string process;                 ///< program, process id and host
  std::uint64_t epoch = 0;             ///< random number of this run
  std::vector<std::string> endpoints;  ///< where it listens, or its first lane does
  std::chrono::milliseconds uptime{0};
  std::chrono::milliseconds lease{0};  ///< how long names live without renewal
  std::uint64_t sessions = 0;          ///< connected callers and daemons
  std::uint64_t names = 0;             ///< its own included
  std::uint64_t in_flight = 0;         ///< calls that are with daemons now
  std::uint64_t waiting = 0;           ///< calls that wait for a name
  /// Since the start, by what happened: "accepted", "refused.Overloaded", "dropped.late"; the guide
  /// lists them. A reason to refuse that has not occurred is not there.
  std::map<std::string, std::uint64_t> counters;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(version), CEREAL_NVP(process), CEREAL_NVP(epoch), CEREAL_NVP(endpoints),
       CEREAL_NVP(uptime), CEREAL_NVP(lease), CEREAL_NVP(sessions), CEREAL_NVP(names),
       CEREAL_NVP(in_flight), CEREAL_NVP(waiting), CEREAL_NVP(counters));
  }
};

/// What became of the calls of one name since the broker started.
struct NameStats {
  std::string name;             ///< "(references)": all objects that were passed by reference
  std::uint64_t calls = 0;      ///< handed to a daemon, oneways not included
  std::uint64_t oneways = 0;    ///< handed to a daemon
  std::uint64_t errors = 0;     ///< answers that were errors
  std::uint64_t lost = 0;       ///< ended by the loss of their daemon
  std::uint64_t expired = 0;    ///< not answered by their deadline
  std::uint64_t in_flight = 0;  ///< with a daemon now
  /// How many answers took at most so many microseconds, and longer than the entry before says;
  /// from handing the call to the daemon to its answer.
  std::map<std::uint64_t, std::uint64_t> latency_us;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(calls), CEREAL_NVP(oneways), CEREAL_NVP(errors),
       CEREAL_NVP(lost), CEREAL_NVP(expired), CEREAL_NVP(in_flight), CEREAL_NVP(latency_us));
  }
};

/// The time that a share of the answers did not exceed, at most a quarter too long; 0 without any.
/// @param latency_us  of a NameStats, or the difference of two.
/// @param share       0.5 for the median, 0.99 for the 99th percentile; of 0 to 1.
std::chrono::microseconds latency_quantile(const std::map<std::uint64_t, std::uint64_t>& latency_us,
                                           double share);

/// One connection to the broker.
struct SessionInfo {
  std::uint32_t number = 0;  ///< counted upwards by the broker
  std::string label;         ///< "greeter[4711] on alpha"
  std::string program;       ///< this and the next two as the peer says
  std::string host;
  std::uint32_t pid = 0;
  std::string principal;  ///< "uid:1000" over ipc, "key:NAME" of a key over tcp, else "anonymous"
  std::string address;    ///< where it connects from: "127.0.0.1", or "ipc:PID"

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(number), CEREAL_NVP(label), CEREAL_NVP(program), CEREAL_NVP(host),
       CEREAL_NVP(pid), CEREAL_NVP(principal), CEREAL_NVP(address));
  }
};

/// One limit of the broker.
struct LimitInfo {
  std::string name;     ///< "calls-per-session"; what `rmi-broker --limit` and errors call it
  std::string meaning;  ///< what it counts
  std::uint64_t limit = 0;
  std::string limit_text;             ///< the same with its unit: "64MiB", "10s", "500/s"
  std::optional<std::uint64_t> used;  ///< now; if it is counted by session or principal, the most
  std::string by;                     ///< which session or principal that is
  std::uint64_t refused = 0;          ///< what was refused because of it, since the start

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(meaning), CEREAL_NVP(limit), CEREAL_NVP(limit_text),
       CEREAL_NVP(used), CEREAL_NVP(by), CEREAL_NVP(refused));
  }
};

/// Use it through `rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")`.
class BrokerControl {
 public:
  virtual ~BrokerControl() = default;
  virtual BrokerInfo info() = 0;
  /// Who has that session. @throws NameNotFound  nobody has it, or nobody any more.
  virtual SessionInfo session(std::uint32_t number) = 0;
  /// What became of calls, by name; of the names that begin so. A broker tells a number of names
  /// apart (10 000) and counts the others under "(others)".
  virtual std::vector<NameStats> stats(const std::string& prefix) = 0;
  /// Has somebody end in order: calls in flight end, new ones go elsewhere or are made again later.
  /// Returns as soon as they are told.
  /// @param what  a name: who serves it stops doing so. Or a daemon, as lists of names show it,
  ///              "greeter[4711] on alpha" with or without the host, or by the number of its
  ///              session: it gives its names back, and its Daemon::run() returns. Or "broker":
  ///              it ends.
  /// @return who was told.
  /// @throws NameNotFound  nobody is called so. BadArguments  it means an object of the broker, a
  ///         name that stands for another or whose owner is away, several daemons, or a session
  ///         that serves nothing.
  ///         AccessDenied  the broker is part of a program.
  virtual std::vector<std::string> drain(const std::string& what) = 0;
  /// All limits, what is used of them, and how often they were in the way.
  virtual std::vector<LimitInfo> limits() = 0;
  /// Does nothing: a sign of life.
  virtual void ping() = 0;
};

RMI_INTERFACE(BrokerControl,
              (info, rmi::doc("Version, endpoints, load and counters of this broker.")),
              (session, rmi::params("number"), rmi::doc("Who has the session of that number.")),
              (stats, rmi::params("prefix"), rmi::doc("What became of calls, by name.")),
              (drain, rmi::params("what"),
               rmi::doc("Has a name, a daemon or `broker` end in order; returns who was told.")),
              (limits, rmi::doc("All limits, what is used of them, and what they refused.")),
              (ping, rmi::doc("Does nothing: a sign of life.")));

}  // namespace rmi
