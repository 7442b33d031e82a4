#!/usr/bin/env python3
"""Completes command lines in bash and zsh, with live names and without a broker.

usage: cli_completion_test.py BROKER SERVICE RMI-CALL RMI-NS FOLDER-OF-SCRIPTS RMI-BENCH
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, holds, run_all, same  # noqa: E402

SCRIPTS = Path(sys.argv[5])

BASH = """
source "$SCRIPT"
words=("$@")
COMP_WORDS=("${words[@]}")
COMP_CWORD=$((${#words[@]} - 1))
read -r _ _ _ function _ <<<"$(complete -p "${words[0]##*/}" | sed 's/.*-F/x x x/')"
"$function" "${words[0]}" "${words[-1]}" "${words[-2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""

# zsh completes in its line editor only; _describe is where the candidates leave the script.
ZSH = """
_describe() { print -rl -- ${(P)4} }
_files() { print -r -- FILES }
words=("$@")
CURRENT=$#words
PREFIX=$words[-1]
source "$SCRIPT"
"""


def run_shell(command, script, bench, program, words, endpoint):
    path = os.path.dirname(bench.programs[program]) + os.pathsep + os.environ["PATH"]
    env = {**bench.env, "RMI_BROKER": endpoint, "SCRIPT": str(script), "PATH": path}
    done = subprocess.run(
        [*command, program, *words], env=env, capture_output=True, text=True, check=False
    )
    same(done.stderr, "")
    return [line for line in done.stdout.splitlines() if line]


def bash(bench, program, *words, endpoint=None):
    command = ["bash", "--norc", "-c", BASH, "bash"]
    return run_shell(
        command, SCRIPTS / "rmi.bash", bench, program, words, endpoint or bench.endpoint
    )


def zsh(bench, program, *words, endpoint=None):
    command = ["zsh", "-f", "-c", ZSH, "zsh"]
    return run_shell(command, SCRIPTS / "_rmi", bench, program, words, endpoint or bench.endpoint)


def bash_names(bench):
    """bash completes names and methods live"""
    same(bash(bench, "rmi-call", "sh"), ["shop"])
    same(sorted(bash(bench, "rmi-call", "rmi.")), ["rmi.broker", "rmi.names"])
    same(bash(bench, "rmi-call", "shop", "we"), ["welcome_message"])
    same(bash(bench, "rmi-call", "--json", "shop", "--timeout", "2s", "di"), ["divide"])
    same(bash(bench, "rmi-call", "shop", "is_green", ""), ["red", "green"])
    same(bash(bench, "rmi-ns", "lookup", "sho"), ["shop"])
    same(bash(bench, "rmi-bench", "sh"), ["shop"])
    same(bash(bench, "rmi-bench", "shop", ""), [])


def bash_options(bench):
    """bash completes options, their values and the commands of rmi-ns"""
    same(bash(bench, "rmi-call", "--js"), ["--json"])
    same(bash(bench, "rmi-call", "--color", "a"), ["auto", "always"])
    same(bash(bench, "rmi-call", "--timeout", ""), [])
    same(bash(bench, "rmi-ns", "re"), ["register", "remove"])
    same(bash(bench, "rmi-ns", "list", "--any"), ["--any-tag"])
    same(bash(bench, "rmi-broker", "--lis"), ["--listen"])
    same(bash(bench, "rmi-call", "--the"), ["--then"])
    same(bash(bench, "rmi-bench", "--in"), ["--in-flight"])
    same(bash(bench, "rmi-bench", "--work", "s"), ["serial", "stream"])


def bash_odd_names(bench):
    """names with spaces and colons are completed in bash, which splits words at colons"""
    with bench.serve("two words", "ns:part:one"):
        same(bash(bench, "rmi-call", "two"), ["two\\ words"])
        same(bash(bench, "rmi-call", "two\\ words", "we"), ["welcome_message"])
        same(bash(bench, "rmi-call", "ns", ":", "part", ":", "o"), ["one"])
        same(bash(bench, "rmi-call", "ns", ":"), ["part:one"])


def zsh_completes(bench):
    """zsh completes names, methods and options with descriptions"""
    same(zsh(bench, "rmi-call", "sh"), ["shop:shop::Shop"])
    same(zsh(bench, "rmi-call", "shop", "we"), ["welcome_message:Greets somebody"])
    same(zsh(bench, "rmi-call", "shop", "is"), ["is_green:is_green(color: shop::Color) -> bool"])
    same(zsh(bench, "rmi-ns", "cou"), ["count:Prints how many entries there are"])
    same(zsh(bench, "rmi-call", "--js"), ["--json:Prints JSON on one line, errors too"])
    holds("--listen" in zsh(bench, "rmi-broker", "--lis"), "options of rmi-broker")
    same(zsh(bench, "rmi-broker", "x"), ["FILES"])
    with bench.serve("two words"):
        same(zsh(bench, "rmi-call", "two\\ w"), ["two words:shop::Shop"])


def without_broker(bench):
    """without a broker nothing is offered, and nothing is said"""
    nobody = "tcp://127.0.0.1:1"
    same(bash(bench, "rmi-call", "sh", endpoint=nobody), [])
    same(bash(bench, "rmi-call", "shop", "", endpoint=nobody), [])
    same(bash(bench, "rmi-ns", "lookup", "", endpoint="rubbish"), [])
    same(bash(bench, "rmi-ns", "lis", endpoint=nobody), ["list"])
    if shutil.which("zsh"):
        same(zsh(bench, "rmi-call", "sh", endpoint=nobody), [])
    holds(bash(bench, "rmi-call", "-b", bench.endpoint, "sh", endpoint=nobody), "by --broker")


TESTS = [bash_names, bash_options, bash_odd_names, without_broker]
if shutil.which("zsh"):
    TESTS.append(zsh_completes)

if __name__ == "__main__":
    with Bench(*sys.argv[1:5]) as the_bench:
        the_bench.programs["rmi-bench"] = sys.argv[6]
        sys.exit(run_all(TESTS, the_bench))
