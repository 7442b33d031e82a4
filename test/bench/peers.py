"""What users would pick instead: how each peer is found, built and started.

A peer is one program in peers/, `NAME server [WHERE]` and `NAME client WHERE`, which speaks the
orders of client.hpp. It is built and measured only where its packages are.
"""

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from programs import Skipped

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for


@dataclass
class Peer:
    packages: str
    brokered: bool = False
    needs: tuple = ()            # programs in the path, or files below /usr/include
    generate: tuple = ()         # commands that write sources into {out}
    generated: tuple = ()        # those to be compiled
    flags: tuple = ()            # of the compiler
    libraries: tuple = ()        # of the linker, and names for pkg-config
    broker: object = None        # starts what stands between the two; returns (place to go to, env)
    server_arguments: tuple = ()
    script: str = ""             # for a peer that is not C++
    name: str = field(default="", init=False)

    def start(self, place, party):
        self.check()
        command = self.command(place)
        endpoint, env = self.broker(place, party) if self.broker else ("", None)
        arguments = [endpoint] if endpoint else [a.format(path=place.path(self.name))
                                                 for a in self.server_arguments]
        server = party.serve("server", *command, "server", *arguments, env=env)
        return party.call_with(*command, "client", endpoint or server.endpoint, env=env)

    def check(self):
        for need in self.needs:
            if not shutil.which(need) and not any(Path("/usr/include").glob(need)):
                raise Skipped(f"install {self.packages}")
        if self.script:
            found = subprocess.run([PYTHON, "-c", f"import {self.script}"],
                                   capture_output=True, check=False)
            if found.returncode != 0:
                raise Skipped(f"install {self.packages}")

    def command(self, place):
        if self.script:
            return [PYTHON, HERE / "peers" / f"{self.name}.py"]
        return [self.build(Path(place.build) / "peers" / self.name, place.log)]

    def build(self, out, log):
        source = HERE / "peers" / f"{self.name}.cpp"
        program = out / f"bench-{self.name}"
        inputs = [source, HERE / "client.cpp", HERE / "client.hpp",
                  *(HERE / "peers").glob(f"{self.name}.*")]
        newest = max(path.stat().st_mtime for path in inputs)
        if program.exists() and program.stat().st_mtime > newest:
            return program
        out.mkdir(parents=True, exist_ok=True)
        words = {"out": str(out), "src": str(HERE / "peers")}
        commands = [[word.format(**words) for word in command] for command in self.generate]
        packages = [name for name in self.libraries if not name.startswith("-")]
        flags = []
        if packages:
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", *packages],
                                   capture_output=True, text=True, check=False).stdout.split()
        commands.append(["g++", "-std=c++20", "-O2", "-DNDEBUG", f"-I{out}", f"-I{ROOT}",
                         *self.flags, str(source), str(HERE / "client.cpp"),
                         *[str(out / name) for name in self.generated], "-o", str(program),
                         *flags, *[f for f in self.libraries if f.startswith("-")], "-pthread"])
        for command in commands:
            done = subprocess.run(command, cwd=out, stdout=log, stderr=log, check=False)
            if done.returncode != 0:
                raise Skipped(f"did not build: see {log.name}")
        return program


def nats(_place, party):
    """It prints nothing, so a shell says what the suite waits for, and then becomes the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"nats://127.0.0.1:{port}"
    program = shutil.which("nats-server") or "/usr/sbin/nats-server"
    party.serve("broker", "sh", "-c",
                f'echo "ready {endpoint}"; exec "$0" -a 127.0.0.1 -p {port} 2>/dev/null', program)
    return endpoint, None


def dbus(place, party):
    """A bus of our own. dbus-broker takes its bus from systemd only, so this is dbus-daemon."""
    path = place.path("dbus")
    bus = party.serve("broker", "dbus-daemon", "--session", "--nofork", "--print-address",
                      f"--address=unix:path={path}")
    address = bus.endpoint
    return "bus", {**os.environ, "DBUS_SESSION_BUS_ADDRESS": address}


PEERS = {
    "pyro4": Peer("python3-pyro4", script="Pyro4"),
    "dbus": Peer("libsdbus-c++-dev dbus-daemon", brokered=True, broker=dbus,
                 needs=("sdbus-c++/sdbus-c++.h", "dbus-daemon"), libraries=("-lsdbus-c++",)),
    "grpc": Peer("libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc",
                 needs=("protoc", "grpc_cpp_plugin", "grpcpp/grpcpp.h",
                        "google/protobuf/port_def.inc"),
                 generate=(("protoc", "-I{src}", "--cpp_out={out}", "--grpc_out={out}",
                            "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin",
                            "{src}/grpc.proto"),),
                 generated=("grpc.pb.cc", "grpc.grpc.pb.cc"), libraries=("grpc++", "protobuf"),
                 server_arguments=("unix:{path}",)),
    "capnp": Peer("libcapnp-dev capnproto", needs=("capnp", "capnp/ez-rpc.h"),
                  generate=(("capnp", "compile", "-oc++:{out}", "--src-prefix={src}",
                             "{src}/capnp.capnp"),),
                  generated=("capnp.capnp.c++",), libraries=("capnp-rpc",),
                  server_arguments=("unix:{path}",)),
    "thrift": Peer("libthrift-dev thrift-compiler libboost-dev",
                   needs=("thrift", "thrift/Thrift.h", "boost/numeric/conversion/cast.hpp"),
                   generate=(("thrift", "--gen", "cpp", "-out", "{out}", "{src}/thrift.thrift"),),
                   generated=("Echo.cpp",), libraries=("thrift",)),
    "ice": Peer("libzeroc-ice-dev zeroc-ice-compilers", needs=("slice2cpp", "Ice/Ice.h"),
                generate=(("slice2cpp", "--output-dir", "{out}", "{src}/ice.ice"),),
                generated=("ice.cpp",), flags=("-DICE_CPP11_MAPPING",), libraries=("-lIce++11",)),
    "nats": Peer("libnats-dev nats-server", brokered=True, broker=nats,
                 needs=("nats/nats.h",), libraries=("libnats",)),
    "omniorb": Peer("omniorb libomniorb4-dev omniidl", needs=("omniidl", "omniORB4/CORBA.h"),
                    generate=(("omniidl", "-bcxx", "-C{out}", "{src}/omniorb.idl"),),
                    generated=("omniorbSK.cc",), libraries=("omniORB4",)),
}
for _name, _peer in PEERS.items():
    _peer.name = _name
