// fork, exec, read, kill.
#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace acceptance {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(std::vector<std::string> added) {
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string entry = *at;
    const std::string name = entry.substr(0, entry.find('=') + 1);
    const bool replaced =
        std::ranges::any_of(added, [&](const auto& text) { return text.starts_with(name); });
    if (!replaced) added.push_back(entry);
  }
  return added;
}

}  // namespace

std::chrono::milliseconds patience() {
  const char* text = std::getenv("RMI_TEST_DEADLINE");
  const double seconds = text == nullptr ? 60.0 : std::stod(text);
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

TempFolder::TempFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "rmi-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) fail("mkdtemp");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(std::vector<std::string> command, std::vector<std::string> environment)
    : name_(command.at(0)) {
  auto variables = environment_with(std::move(environment));
  const auto arguments = pointers(command);
  const auto settings = pointers(variables);
  const std::string errors = folder_.file("stderr");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {  // only async-signal-safe calls from here on
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(ends[1], 1);
    ::dup2(file, 2);
    ::close(0);
    ::open("/dev/null", O_RDONLY);
    ::execve(arguments[0], arguments.data(), settings.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  out_ = ends[0];
}

Process::~Process() {
  kill();
}

/// Whether it has a handler for that signal: what it serves may be callable before it has one.
bool Process::takes(int signal) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  if (!file.is_open()) return true;  // it has ended
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("State:") && line.find('Z') != std::string::npos) return true;
    if (line.starts_with("SigCgt:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1U) != 0;
  }
  return false;
}

void Process::send(int signal) const {
  if (pid_ <= 0) return;
  const auto end = steady_clock::now() + patience();
  while (signal == SIGTERM && !takes(signal) && steady_clock::now() < end)
    ::poll(nullptr, 0, 1);
  ::kill(pid_, signal);
  siginfo_t state{};  // told once all of its threads stand still
  if (signal == SIGSTOP)
    ::waitid(P_PID, static_cast<id_t>(pid_), &state, WSTOPPED | WEXITED | WNOWAIT);
}

int Process::reap() noexcept {
  if (pid_ > 0) {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
    ::close(out_);
  }
  return code_;
}

void Process::kill() noexcept {
  send(SIGKILL);
  reap();
}

bool Process::read_some(steady_clock::time_point end) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now()).count();
    pollfd watched{out_, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) throw std::runtime_error(name_ + " said nothing more in time\n" + log());
    char buffer[4096];
    const auto got = ::read(out_, buffer, sizeof buffer);
    if (got > 0) output_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }
}

std::string Process::line() {
  const auto end = steady_clock::now() + patience();
  std::size_t at = 0;
  while ((at = output_.find('\n')) == std::string::npos)
    if (!read_some(end)) throw std::runtime_error(name_ + " ended without a line\n" + log());
  std::string line = output_.substr(0, at);
  output_.erase(0, at + 1);
  return line;
}

int Process::wait() {
  if (pid_ > 0) {
    const auto end = steady_clock::now() + patience();
    while (read_some(end)) {
    }
  }
  return reap();
}

int Process::stop() {
  send(SIGTERM);
  return wait();
}

std::string Process::log() const {
  std::ifstream file(folder_.file("stderr"));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace acceptance
