#!/usr/bin/env python3
"""Installs into an empty prefix and builds the greeting against it, with pkg-config and CMake.

usage: install_test.py BUILD_FOLDER SOURCE_ROOT
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402

CXX = os.environ.get("CXX", "g++").split()
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def install(build, folder):
    """Installs below folder, as a package would be made. Returns the moved prefix."""
    run(["meson", "install", "-C", build, "--destdir", folder, "--no-rebuild", "--quiet"])
    options = json.loads(run(["meson", "introspect", "--buildoptions", build]))
    chosen = {option["name"]: option["value"] for option in options}
    prefix = Path(str(folder) + chosen["prefix"])
    return prefix, prefix / chosen["libdir"]


def check_headers(prefix, folder):
    """Each installed header compiles alone, without a warning; those in detail/ are parts."""
    headers = sorted((prefix / "include" / "rmi").glob("*.hpp"))
    if not headers:
        raise AssertionError("no header was installed")
    for header in headers:
        name = header.relative_to(prefix / "include")
        source = folder / "alone.cpp"
        source.write_text(f"#include <{name}>\n#include <{name}>\nint main() {{}}\n")
        run([*CXX, *FLAGS, "-fsyntax-only", f"-I{prefix}/include", source])
    print(f"{len(headers)} headers compile alone")


def build_with_pkg_config(prefix, libdir, sources, folder):
    env = {"PKG_CONFIG_PATH": str(libdir / "pkgconfig")}
    moved = f"--define-variable=prefix={prefix}"
    flags = run(["pkg-config", moved, "--cflags", "--libs", "rmibus"], env).split()
    if any("zmq" in flag or "SPDLOG" in flag for flag in flags if (libdir / "librmibus.so").exists()):
        raise AssertionError(f"a private library shows in: {flags}")
    folder.mkdir()
    for name in ("server", "client"):
        run([*CXX, *FLAGS, sources / f"{name}.cpp", *flags, "-o", folder / name])
    return folder


def build_with_cmake(prefix, sources, folder):
    folder.mkdir()
    shutil.copy(Path(__file__).parent / "CMakeLists.txt", folder)
    run(["cmake", "-S", folder, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DGREETING={sources}"])
    run(["cmake", "--build", folder])
    return folder


def check_greeting(prefix, libdir, programs):
    """The installed broker and commands, and the service and client that were built against it."""
    broker, endpoint = start_broker(prefix / "bin" / "rmi-broker")
    env = {"RMI_BROKER": endpoint, "LD_LIBRARY_PATH": str(libdir)}
    with broker, Running([programs / "server"], env) as server:
        server.wait_for("Ready")
        expect("Hi welcome Rashmi\n", run([programs / "client"], env))
        call = [prefix / "bin" / "rmi-call", "server", "welcome_message", "Rashmi"]
        expect('"Hi welcome Rashmi"\n', run(call, env))
        expect(0, server.stop()[0])
        expect(0, broker.stop()[0])


def check_plugin(prefix, libdir, sources, folder):
    """A plugin that was built against the installed tree, served by the installed rmi-serve."""
    env = {"PKG_CONFIG_PATH": str(libdir / "pkgconfig")}
    moved = f"--define-variable=prefix={prefix}"
    flags = run(["pkg-config", moved, "--cflags", "--libs", "rmibus"], env).split()
    folder.mkdir()
    source, plugin = folder / "plugin.cpp", folder / "libplugin.so"
    source.write_text('#include "greeter.hpp"\n#include <rmi/plugin.hpp>\nRMI_PLUGIN(Server);\n')
    run([*CXX, *FLAGS, "-shared", "-fPIC", f"-I{sources}", source, *flags, "-o", plugin])
    broker, endpoint = start_broker(prefix / "bin" / "rmi-broker")
    env = {"RMI_BROKER": endpoint}
    with broker, Running([prefix / "bin" / "rmi-serve", plugin, "server=Server"], env) as server:
        server.wait_for("Ready")
        call = [prefix / "bin" / "rmi-call", "server", "welcome_message", "Rashmi"]
        expect('"Hi welcome Rashmi"\n', run(call, env))
        expect(0, server.stop()[0])


def check_files(prefix):
    """What is installed beside the library: each program with its man page and completions."""
    for program in sorted(path.name for path in (prefix / "bin").iterdir()):
        page = prefix / "share" / "man" / "man1" / f"{program}.1"
        if not page.exists():
            raise AssertionError(f"{program} has no man page: {page}")
    if list((prefix / "include").rglob("*.cpp")) or (prefix / "include" / "bus").exists():
        raise AssertionError("something that is not a public header was installed")


def main(build, root):
    sources = Path(root) / "samples" / "greeting"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix, libdir = install(build, folder / "root")
        check_files(prefix)
        check_headers(prefix, folder)
        check_greeting(prefix, libdir, build_with_pkg_config(prefix, libdir, sources, folder / "pkg"))
        print("the greeting runs, built with pkg-config")
        check_greeting(prefix, libdir, build_with_cmake(prefix, sources, folder / "cmake"))
        print("the greeting runs, built with CMake")
        if (libdir / "librmibus.so").exists():
            check_plugin(prefix, libdir, sources, folder / "plugin")
            print("the greeting runs as a plugin")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:3]))
    except (AssertionError, subprocess.TimeoutExpired) as error:
        print(error)
        sys.exit(1)
