// Words to a payload, one call or many, and the result to text.
#include "cli/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include <rmi/any_proxy.hpp>
#include <rmi/uri.hpp>

#include "bus/json.hpp"
#include "cli/arguments.hpp"
#include "cli/failure.hpp"
#include "cli/find_object.hpp"
#include "cli/latency.hpp"
#include "cli/listing.hpp"

namespace rmi::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_repeats = 10'000'000;

/// In blocks: streams take a second for what is read here in no time.
std::string read_stdin() {
  constexpr std::size_t block = std::size_t{1} << 16U;
  std::string text;
  std::size_t size = 0;
  do {
    text.resize(std::max(text.capacity(), size + block));
    size += std::fread(text.data() + size, 1, text.size() - size, stdin);
  } while (std::feof(stdin) == 0 && std::ferror(stdin) == 0);
  if (std::ferror(stdin) != 0) throw std::runtime_error("stdin cannot be read");
  text.resize(size);
  return text;
}

std::size_t parse_repeat(const std::string& text) {
  if (text.empty()) return 1;
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || count == 0 || count > most_repeats)
    throw UsageError(
        fmt::format("--repeat: expected a number from 1 to {}, got '{}'", most_repeats, text));
  return count;
}

const Signature& method_of(const InterfaceSchema& schema, const std::string& object,
                           const std::string& method) {
  if (const Signature* found = find(schema, method)) return *found;
  throw MethodNotFound(fmt::format("'{}' has no method '{}'{}", object, method,
                                   did_you_mean(method, method_names(schema))));
}

/// A call that is ready to be made, any number of times.
struct PreparedCall {
  detail::CallTarget target;
  const Signature& signature;
  const TypeTable& types;
  std::uint32_t hash;
  std::vector<std::byte> payload;

  /// `take` gets the payload of the reply.
  void run(detail::FunctionRef<void(std::span<const std::byte>)> take) const {
    detail::call(
        target, {signature.name, hash, nullptr}, payload.size(),
        [&](std::span<std::byte> into) { std::ranges::copy(payload, into.begin()); }, take);
  }
};

/// Text of the result as it is to be printed, newline included.
std::string show_result(const PreparedCall& call, std::span<const std::byte> reply,
                        const CallOptions& options) {
  const Type& type = call.signature.result;
  if (options.raw && (type.kind == Kind::string || type.kind == Kind::bytes)) {
    std::string text;
    decode(reply, json_limits, text);
    // Nothing is added on the way into a file; a terminal needs the end of the line.
    if (stdout_is_terminal()) text += '\n';
    return text;
  }
  const Json value = decode_value(reply, type, call.types);
  if (type.kind == Kind::void_ && !options.common.json) return {};
  if (options.common.json || !stdout_is_terminal()) return to_text(value) + '\n';
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json summary_json(const LatencySummary& summary) {
  const auto us = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  return {{"calls", summary.calls},
          {"seconds", std::chrono::duration<double>(summary.total).count()},
          {"calls_per_second", summary.calls_per_second()},
          {"latency_us",
           {{"min", us(summary.min)},
            {"mean", us(summary.mean)},
            {"p50", us(summary.p50)},
            {"p90", us(summary.p90)},
            {"p99", us(summary.p99)},
            {"max", us(summary.max)}}}};
}

/// Calls again and again; says how far it came when a call fails.
void repeat(const PreparedCall& call, std::size_t count, const CallOptions& options) {
  std::vector<std::chrono::nanoseconds> times;
  times.reserve(count);
  std::string result;
  const auto start = steady_clock::now();
  auto before = start;
  while (times.size() < count) {
    try {
      call.run([&](std::span<const std::byte> reply) {
        if (times.empty()) result = show_result(call, reply, options);
      });
    } catch (...) {
      if (!options.common.json)
        std::cout << fmt::format("{} of {} calls were done\n", times.size(), count);
      throw;
    }
    const auto now = steady_clock::now();
    times.push_back(now - before);
    before = now;
  }
  const LatencySummary summary = summarize(std::move(times), before - start);
  if (!options.common.json) {
    std::cout << result << latency_text(summary);
    return;
  }
  Json whole = summary_json(summary);
  whole["result"] = parse_json(result);
  std::cout << to_text(whole) << '\n';
}

std::vector<std::byte> encode_words(const CallOptions& options, std::span<const std::string> words,
                                    bool args_given, const Signature& signature,
                                    const TypeTable& types) {
  if (!args_given)
    return encode_arguments(arguments_from_words(words, signature, types, read_stdin), signature,
                            types);
  try {
    const Json arguments = parse_json(options.args == "-" ? read_stdin() : options.args);
    return encode_arguments(arguments, signature, types);
  } catch (const BadArguments& error) {
    throw BadArguments(fmt::format("--args: {}", error.what()));
  }
}

}  // namespace

void CallOptions::add_to(CommandLine& line) {
  common.add_to(line);
  line.option("-a,--args", args, "JSON",
              "All arguments: an array in order, or an object by parameter names;\n"
              "- reads it from stdin");
  line.option("-n,--repeat", repeat, "N",
              "Calls N times, prints the first result and what the calls took");
  line.flag("-r,--raw", raw, "Prints a string or bytes as they are, without quotes");
  line.flag("-w,--wait", wait, "Waits for the broker and the name, as long as --timeout says");
}

ExitCode call(const CallOptions& options, const std::vector<std::string>& words, bool args_given) {
  if (words.empty()) throw UsageError("NAME is missing; `rmi-ns list` shows the names there are");
  const std::size_t count = parse_repeat(options.repeat);
  const Palette colours = palette(options.common.color);
  if (options.raw && options.common.json) throw UsageError("--raw and --json exclude each other");
  if (args_given && words.size() > 2) throw UsageError("arguments come as words or by --args");
  if (args_given && words.size() < 2) throw UsageError("--args needs a METHOD");

  const Uri uri = Uri::parse(words.front());
  Session session(options.common, uri.endpoint(), options.wait);
  const std::string object = find_object(session, uri, options.wait);
  const auto schema = AnyProxy(session.bus(), object).with_timeout(session.left()).schema();
  if (words.size() < 2) {
    std::cout << (options.common.json ? listing_json(schema, object) + '\n'
                                      : listing_text(schema, colours));
    return ExitCode::done;
  }
  const Signature& signature = method_of(schema, object, words[1]);
  PreparedCall prepared{.target = {&session.bus(), object, session.timeout()},
                        .signature = signature,
                        .types = schema.types,
                        .hash = hash(signature, schema.types),
                        .payload = encode_words(options, std::span(words).subspan(2), args_given,
                                                signature, schema.types)};
  if (!options.repeat.empty()) {
    repeat(prepared, count, options);
    return ExitCode::done;
  }
  prepared.target.timeout = session.left();
  std::string result;
  prepared.run(
      [&](std::span<const std::byte> reply) { result = show_result(prepared, reply, options); });
  std::cout << result;
  return ExitCode::done;
}

}  // namespace rmi::cli
