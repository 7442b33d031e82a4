"""Programs under measurement: started, told what to do, and what they cost."""

import json
import re
import select
import signal
import subprocess
import time
from pathlib import Path

TIME_TO_START = 20  # seconds
TIME_TO_ANSWER = 300


class Skipped(Exception):
    """A row that cannot be measured here; the text says why."""


class Broken(Skipped):
    """One that should work and does not."""


class Program:
    """A process that prints one line when it is ready; its last word is where it can be reached."""

    def __init__(self, role, arguments, log, env=None):
        self.role = role
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=log, text=True, env=env)
        self.pid = self.process.pid
        line = self._line(TIME_TO_START)
        self.endpoint = line.split()[-1] if line.split() else ""
        if not self.endpoint:
            self.stop()
            raise Broken(f"{Path(str(arguments[0])).name} did not start")

    def _line(self, seconds):
        # A line at a time comes, so waiting for the first byte is waiting for the line.
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.readline() if readable else ""

    def send(self, work, calls=1, n=1, size=32):
        self.process.stdin.write(f"{work} {calls} {n} {size}\n")
        self.process.stdin.flush()

    def answer(self):
        line = self._line(TIME_TO_ANSWER)
        if not line:
            raise Broken(f"the {self.role} gave no answer")
        answer = json.loads(line)
        if "skipped" in answer:
            raise Skipped(answer["skipped"])
        if "error" in answer:
            raise Broken("error: " + answer["error"])
        return answer

    def order(self, *arguments, **more):
        self.send(*arguments, **more)
        return self.answer()

    def cpu(self):
        """Seconds of CPU time, user and system, all threads. The clock id is that of clock(2)."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def switches(self):
        """Context switches of the threads that there are."""
        total = 0
        for status in Path(f"/proc/{self.pid}/task").glob("*/status"):
            try:
                found = re.findall(r"ctxt_switches:\s+(\d+)", status.read_text())
            except OSError:  # the thread has gone
                continue
            total += sum(map(int, found))
        return total

    def memory(self):
        """Bytes of memory that are the process's own."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(kib) * 1024 for kib in re.findall(r"Private_(?:Clean|Dirty):\s+(\d+)", text))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Party:
    """All processes of one contender: servers, which stay, and a client that takes orders."""

    def __init__(self, name, log):
        self.name = name
        self.log = log
        self.servers = []
        self.clients = []

    def serve(self, role, *arguments, env=None):
        program = Program(role, arguments, self.log, env)
        self.servers.append(program)
        return program

    def call_with(self, *arguments, env=None):
        """How to start a client; the first starts now."""
        self.client_arguments, self.client_env = arguments, env
        self.more_clients(1)
        return self

    def more_clients(self, count):
        while len(self.clients) < count:
            self.clients.append(Program("client", self.client_arguments, self.log, self.client_env))
        return self.clients[:count]

    @property
    def client(self):
        return self.clients[0]

    def server(self, role):
        return next((server for server in self.servers if server.role == role), None)

    def measure(self, work, calls, n=1, size=32, processes=1):
        """One sample: what the order cost, all processes and each role."""
        clients = self.more_clients(processes)
        everyone = self.servers + clients
        cpu = [-program.cpu() for program in everyone]
        switches = [-server.switches() for server in self.servers]
        for client in clients:
            client.send(work, max(1, calls // processes), n, size)
        answers = [client.answer() for client in clients]
        cpu = [before + program.cpu() for before, program in zip(cpu, everyone)]
        switches = [before + server.switches() for before, server in zip(switches, self.servers)]
        switches += [answer["switches"] for answer in answers]
        return sample(answers, everyone, cpu, switches)

    def stop(self):
        for program in reversed(self.servers + self.clients):
            program.stop()
        self.servers, self.clients = [], []


def sample(answers, everyone, cpu, switches):
    calls = sum(answer["calls"] for answer in answers)
    result = {
        "rate": calls / max(answer["seconds"] for answer in answers),
        "cpu_us": sum(cpu) * 1e6 / calls,
        "switches": max(0.0, sum(switches) / calls),
    }
    for program, used, switched in zip(everyone, cpu, switches):
        for key, value in (("cpu_us", used * 1e6), ("switches", switched)):
            name = f"{key}.{program.role}"
            result[name] = max(0.0, result.get(name, 0) + value / calls)
    for key in ("p50_us", "p99_us"):
        values = sorted(answer[key] for answer in answers if key in answer)
        if values:
            result[key] = values[len(values) // 2] if key == "p50_us" else values[-1]
    return result
