// Records all lines, runs them, prints what came.
#include "cli/call_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <rmi/batch.hpp>
#include <rmi/errors.hpp>

#include "cli/failure.hpp"
#include "cli/shell_words.hpp"

namespace rmi::cli {
namespace {

/// The end of one call: its line of output, or its error.
class Line final : public detail::AsyncEnd {
 public:
  explicit Line(const PreparedCall& call) : call_(call) {}

  void reply(std::span<const std::byte> payload, ByteOwner*) override {
    text_ = to_text(decode_value(payload, call_.signature.result, call_.types())) + '\n';
  }
  void fail(std::exception_ptr error) noexcept override { error_ = std::move(error); }

  void print() const {
    if (error_) std::rethrow_exception(error_);
    std::cout << text_;
  }

 private:
  const PreparedCall& call_;
  std::string text_;
  std::exception_ptr error_;
};

std::string no_input() {
  throw UsageError("- stands for stdin, which the batch is read from");
}

PreparedCall prepare_line(const OpenObject& object, std::string_view line) {
  PreparedCall call = prepare(object, split_words(line), std::nullopt, no_input);
  if (call.signature.result.kind == Kind::stream)
    throw UsageError(fmt::format("a batch cannot read the stream of '{}'", call.signature.name));
  return call;
}

/// With the number of the line in the text of what is thrown.
PreparedCall prepare_numbered(const OpenObject& object, std::string_view line, std::size_t number) {
  const auto told = [&](const std::exception& error) {
    return fmt::format("line {}: {}", number, error.what());
  };
  try {
    return prepare_line(object, line);
  } catch (const MethodNotFound& error) {
    throw MethodNotFound(told(error));
  } catch (const BadArguments& error) {
    throw BadArguments(told(error));
  } catch (const UsageError& error) {
    throw UsageError(told(error));
  }
}

std::deque<PreparedCall> prepare_lines(const OpenObject& object, std::string_view lines) {
  std::deque<PreparedCall> calls;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    calls.push_back(prepare_numbered(object, line, number));
  }
  return calls;
}

}  // namespace

void run_batch(const OpenObject& object, std::string_view lines, const CallOptions& options) {
  const std::deque<PreparedCall> calls = prepare_lines(object, lines);
  detail::CallTarget target = object.target;
  target.oneway = false;  // the batch is, not each call
  detail::BatchRecorder recorder(target);
  std::vector<std::shared_ptr<Line>> results;
  for (const PreparedCall& call : calls) {
    results.push_back(std::make_shared<Line>(call));
    recorder.add(
        {call.signature.name, call.hash, nullptr, call.signature.traits}, call.payload.size(),
        [&](std::span<std::byte> into) { call.encode_into(into); }, results.back());
  }
  if (options.oneway) return recorder.post();
  recorder.run();
  for (const auto& result : results)
    result->print();
}

}  // namespace rmi::cli
