#!/usr/bin/env python3
"""Fills a man page with what the program's own --help says, so that both have one source.

usage: options.py TEMPLATE VERSION PROGRAM > PAGE.scd

In the template `@USAGE@` becomes the lines of usage, `@OPTIONS@` all options, and `@NAME@` the
section of --help that begins with "Name:", such as `@COMMANDS@` or `@EXAMPLES@`.
"""

import re
import subprocess
import sys

OPTION = re.compile(r"^  (-\S.*?)(?:\s{2,}(.*))?$")
ITEM = re.compile(r"^  (\S.*?)\s{2,}(.*)$")


def escape(text):
    return re.sub(r"([\\*_`\[\]<>#~])", r"\\\1", text)


def read_help(program):
    done = subprocess.run(
        [program, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.splitlines()


def usage(lines):
    start = next(i for i, line in enumerate(lines) if line.startswith("Usage:"))
    shown = []
    for line in lines[start:]:
        if not line.strip():
            break
        words = line.removeprefix("Usage:").strip()
        program, _, rest = words.partition(" ")
        shown.append(f"*{escape(program)}* {escape(rest)}".strip())
    return "++\n".join(shown)


def options(lines):
    """A definition list of all lines that begin with an option, wherever they are."""
    found = []  # (names and value, lines of text)
    inside = False
    for line in lines:
        if match := OPTION.match(line):
            found.append((match[1], [match[2]] if match[2] else []))
            inside = True
        elif inside and re.match(r"^ {8,}\S", line):
            found[-1][1].append(line.strip())
        else:
            inside = False
    shown = []
    for head, text in found:
        names, _, value = head.partition(" ")
        names = ", ".join(f"*{escape(name)}*" for name in names.split(","))
        value = value.removesuffix("...").strip()
        value = f" _{escape(value)}_" if value else ""
        shown.append(f"{names}{value}\n\t{escape(' '.join(text))}")
    return "\n\n".join(shown)


def section(lines, name):
    """The lines of one section, without its title."""
    for start, line in enumerate(lines):
        title, colon, rest = line.partition(":")
        if colon and title.upper().replace(" ", "_") == name:
            body = [rest.strip()] if rest.strip() else []
            for line in lines[start + 1 :]:
                if not line.strip():
                    break
                body.append(line)
            return body
    raise SystemExit(f"--help has no section {name}")


def formatted(lines, name):
    body = section(lines, name)
    if name == "EXAMPLES":
        return "```\n" + "\n".join(line.removeprefix("  ") for line in body) + "\n```"
    if name == "EXIT_CODES":
        text = " ".join(line.strip() for line in body).rstrip(".")
        items = re.split(r",\s+(?=\d+ )", text)
        items = [item.split(" ", 1) for item in items]
    else:
        items = [ITEM.match(line).groups() for line in body]
    return "\n\n".join(f"*{escape(words)}*\n\t{escape(text)}" for words, text in items)


def main(template, version, program):
    lines = read_help(program)
    with open(template, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("@VERSION@", version).replace("@USAGE@", usage(lines))
    text = text.replace("@OPTIONS@", options(lines))
    sys.stdout.write(re.sub(r"@([A-Z_]+)@", lambda match: formatted(lines, match[1]), text))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
