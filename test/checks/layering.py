#!/usr/bin/env python3
"""Checks that includes obey ns -> daemon -> bus and cli -> bus, and what public headers name."""

import re
import sys
from pathlib import Path

from tree import read, report, source_files

# What each room may include: itself, and the rooms its arrow points to.
ROOMS = {
    "bus": {"bus"},
    "daemon": {"bus", "daemon"},
    "ns": {"bus", "daemon", "ns"},
    "cli": {"bus", "cli"},
    "samples": {"bus", "daemon", "ns"},  # public headers only, see below
    "test": {"bus", "daemon", "ns", "cli", "test"},
}
ROOMS_WITH_HEADERS = ("bus", "daemon", "ns", "cli", "test")
# Only these public headers may name cereal: they are the archives.
MAY_NAME_CEREAL = re.compile(r"^bus/include/rmi/(archive|detail/\w*(archive|record)\w*)\.hpp$")
POSIX_OF_SAMPLES = {"poll.h", "unistd.h"}
STD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath codecvt compare complex concepts condition_variable
    coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar
    cwctype deque exception execution filesystem forward_list fstream functional future
    initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
    memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio
    regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
    stop_token streambuf string string_view syncstream system_error thread tuple type_traits
    typeindex typeinfo unordered_map unordered_set utility valarray variant vector
    version""".split()
)
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def is_public(path):
    return "/include/rmi/" in path


def own_headers(path):
    """The headers that a .cpp may have as its own: (path in the tree, as it is included)."""
    room, _, rest = path.partition("/")
    stem = rest[: -len(".cpp")]
    public = [stem, "detail/" + stem]
    return [(f"{room}/{stem}.hpp", f"{room}/{stem}.hpp")] + [
        (f"{room}/include/rmi/{name}.hpp", f"rmi/{name}.hpp") for name in public
    ]


def check_order(path, includes, tree):
    if not path.endswith(".cpp") or path.startswith(("samples/", "test/")):
        return
    own = [shown for header, shown in own_headers(path) if header in tree]
    if own and (not includes or includes[0][1] not in own):
        yield f'{path}: its own header "{own[0]}" must be the first include'


def check_internal(path, name, tree):
    """An include in quotes."""
    room = path.split("/")[0]
    target = name.split("/")[0]
    sibling = str(Path(path).parent / name)
    if name.startswith("rmi/"):
        yield f'{path}: "{name}" is public: write <{name}>'
    elif ".." in name:
        yield f'{path}: "{name}" climbs: write "room/file.hpp"'
    elif room in ("samples", "test") and (sibling in tree or f"{room}/{name}" in tree):
        return
    elif room == "samples":
        yield f'{path}: "{name}": samples use <rmi/...>, std and their own headers only'
    elif target not in ROOMS_WITH_HEADERS or name not in tree:
        yield f'{path}: "{name}" is not a header of this tree: write "room/file.hpp"'
    elif target not in ROOMS[room]:
        yield f'{path}: {room} must not include {target}: "{name}"'
    elif is_public(path):
        yield f'{path}: a public header cannot include the internal "{name}"'


def check_brackets(path, name, public_rooms):
    """An include in brackets."""
    room = path.split("/")[0]
    if name.startswith("rmi/"):
        owner = public_rooms.get(name)
        if owner is None:
            yield f"{path}: there is no public header <{name}>"
        elif owner not in ROOMS[room]:
            yield f"{path}: {room} must not include {owner}: <{name}>"
    elif name.split("/")[0] in ROOMS and "/" in name:
        yield f'{path}: <{name}> is internal: write "{name}"'
    elif name.startswith("catch2/") and room != "test":
        yield f"{path}: <{name}>: only tests use Catch2"
    elif is_public(path) and name not in STD:
        if not (name.startswith("cereal/") and MAY_NAME_CEREAL.match(path)):
            yield f"{path}: a public header names std and rmi only, not <{name}>"
    elif room == "samples" and name not in STD | POSIX_OF_SAMPLES:
        yield f"{path}: samples use <rmi/...>, std and POSIX only, not <{name}>"


def check_tree(files):
    """files: path -> text, for all .hpp and .cpp below the rooms. Yields problems."""
    public_rooms = {
        path.split("/include/")[1]: path.split("/")[0] for path in files if is_public(path)
    }
    for path, text in files.items():
        if path.split("/")[0] not in ROOMS:
            yield f"{path}: is in none of the rooms {', '.join(ROOMS)}"
            continue
        includes = INCLUDE.findall(text)
        yield from check_order(path, includes, files)
        for bracket, name in includes:
            if bracket == '"':
                yield from check_internal(path, name, files)
            else:
                yield from check_brackets(path, name, public_rooms)


def main(root):
    files = {str(path): read(root, path) for path in source_files(root, (".hpp", ".cpp"))}
    return report("layering", list(check_tree(files)), len(files))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
