// The orders that all clients understand, timed.
#include "test/bench/client.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <latch>
#include <sstream>
#include <thread>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using Latencies = std::vector<double>;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// What an order took. `other` holds members that only this work has.
struct Answer {
  double seconds = 0;
  Latencies latencies{};
  std::string other{};
};

long context_switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

template <class F>
Answer timed(F&& work) {
  Answer answer;
  const auto start = Clock::now();
  work(answer);
  answer.seconds = microseconds_since(start) / 1e6;
  return answer;
}

Answer serial(Client& client, const Order& order) {
  return timed([&](Answer& answer) {
    answer.latencies.reserve(order.calls);
    for (std::size_t i = 0; i < order.calls; ++i) {
      const auto start = Clock::now();
      client.echo(order.size);
      answer.latencies.push_back(microseconds_since(start));
    }
  });
}

/// Keeps `n` calls in flight.
Answer in_flight(Client& client, const Order& order) {
  client.prepare(order.n);
  std::vector<Clock::time_point> begun(order.n);
  return timed([&](Answer& answer) {
    answer.latencies.reserve(order.calls);
    const auto finish = [&](std::size_t slot) {
      client.finish(slot);
      answer.latencies.push_back(microseconds_since(begun[slot]));
    };
    for (std::size_t i = 0; i < order.calls; ++i) {
      const std::size_t slot = i % order.n;
      if (i >= order.n) finish(slot);
      begun[slot] = Clock::now();
      client.begin(slot, order.size);
    }
    const std::size_t left = std::min(order.n, order.calls);
    for (std::size_t i = order.calls - left; i < order.calls; ++i)
      finish(i % order.n);
  });
}

/// `n` threads that share the calls; they connect before the clock starts.
Answer threads(Client& client, const Order& order) {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < order.n; ++i) {
    clients.push_back(client.for_thread());
    clients.back()->echo(order.size);
  }
  std::vector<Answer> parts(order.n);
  std::latch begin(static_cast<std::ptrdiff_t>(order.n) + 1);
  std::vector<std::thread> running;
  const Order share{order.work, order.calls / order.n, 1, order.size};
  for (std::size_t i = 0; i < order.n; ++i)
    running.emplace_back([&, i] {
      begin.arrive_and_wait();
      parts[i] = serial(*clients[i], share);
    });
  Answer answer = timed([&](Answer&) {
    begin.arrive_and_wait();
    for (auto& thread : running)
      thread.join();
  });
  for (const auto& part : parts)
    answer.latencies.insert(answer.latencies.end(), part.latencies.begin(), part.latencies.end());
  return answer;
}

/// A new connection for each call.
Answer connect(Client& client, const Order& order) {
  return timed([&](Answer& answer) {
    for (std::size_t i = 0; i < order.calls; ++i) {
      const auto start = Clock::now();
      client.connect()->echo(order.size);
      answer.latencies.push_back(microseconds_since(start));
    }
  });
}

Answer run(Client& client, const Order& order) {
  if (order.work == "serial") return serial(client, order);
  if (order.work == "flight") return in_flight(client, order);
  if (order.work == "threads") return threads(client, order);
  if (order.work == "connect") return connect(client, order);
  return timed([&](Answer& answer) { answer.other = client.other(order); });
}

std::string as_json(Answer& answer, const Order& order, long switches) {
  auto& all = answer.latencies;
  std::sort(all.begin(), all.end());
  const auto at = [&](double quantile) {
    return all[static_cast<std::size_t>(quantile * static_cast<double>(all.size() - 1))];
  };
  std::ostringstream out;
  out << R"({"calls":)" << order.calls << R"(,"seconds":)" << answer.seconds << R"(,"switches":)"
      << switches;
  if (!all.empty()) out << R"(,"p50_us":)" << at(0.5) << R"(,"p99_us":)" << at(0.99);
  if (!answer.other.empty()) out << ',' << answer.other;
  out << '}';
  return out.str();
}

std::string plain(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, '\'');
  return text;
}

std::string do_order(Client& client, const Order& order) {
  try {
    const long before = context_switches();
    Answer answer = run(client, order);
    return as_json(answer, order, context_switches() - before);
  } catch (const Unsupported& why) {
    return R"({"skipped":")" + plain(why.what()) + "\"}";
  } catch (const std::exception& error) {
    return R"({"error":")" + plain(error.what()) + "\"}";
  }
}

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

int run_client(Client& client) {
  say_ready("client");
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    Order order;
    words >> order.work >> order.calls >> order.n >> order.size;
    std::cout << do_order(client, order) << std::endl;
  }
  return 0;
}

void say_ready(const std::string& endpoint) {
  std::cout << "ready " << endpoint << std::endl;
}

void block_stop_signals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_stop() {
  const sigset_t set = stop_set();
  int signal = 0;
  sigwait(&set, &signal);
}

}  // namespace bench
