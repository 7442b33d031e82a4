// A job queue: `queue serve` serves it, `queue work` works for it, `queue ask NUMBER...` has
// numbers factorized by whoever works.
#include "queue.hpp"

#include <iostream>
#include <memory>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("jobs", std::make_shared<JobQueue>(), {.concurrent = true});
  daemon.run();
}

class Divider : public Worker {
  Factors factorize(std::uint64_t number) override {
    std::cout << "working on " << number << std::endl;
    Factors factors;
    for (std::uint64_t divisor = 2; divisor * divisor <= number; ++divisor)
      for (; number % divisor == 0; number /= divisor)
        factors.push_back(divisor);
    if (number > 1) factors.push_back(number);
    return factors;
  }
};

void work() {
  rmi::Daemon daemon;  // serves nothing under a name, but can be called
  const auto jobs = rmi::Proxy<JobQueue>(daemon.bus(), "jobs").waiting();
  jobs->work_for(rmi::Ref<Worker>(std::make_shared<Divider>()));
  std::cout << "Ready" << std::endl;
  daemon.run();
}

void ask(const std::vector<std::uint64_t>& numbers) {
  rmi::Bus bus;
  const auto jobs = rmi::Proxy<JobQueue>(bus, "jobs").waiting();
  std::vector<rmi::Future<Factors>> asked;
  for (const std::uint64_t number : numbers)
    asked.push_back(jobs.async()->factorize(number));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::cout << numbers[i] << " =";
    for (const std::uint64_t factor : asked[i].get())
      std::cout << ' ' << factor;
    std::cout << std::endl;
  }
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  std::vector<std::uint64_t> numbers;
  for (int i = 2; i < argc; ++i)
    numbers.push_back(std::stoull(argv[i]));
  if (what == "serve") serve();
  if (what == "work") work();
  if (what == "ask") ask(numbers);
}
