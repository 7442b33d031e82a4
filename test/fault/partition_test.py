#!/usr/bin/env python3
"""Networks that lose every packet, and heal: a broker here, peers in another network namespace.

usage: partition_test.py BROKER ECHO RMI-CALL RMI-NS
"""

import os
import subprocess
import sys
import time

from scene import CONCURRENT, HEARTBEAT, Scene, settled, until  # first: it finds the next ones
from cli import holds, run_all, same
from raw_peer import REPLY, RawPeer
from running import DEADLINE, Running, run

HERE, THERE = "192.0.2.1", "192.0.2.2"  # addresses that are for documentation
NOBODY = "02:00:00:00:00:99"  # a hardware address
INSIDE = "RMI_TEST_IN_NAMESPACE"
SKIPPED = 77  # for Meson
CALL = ("echo", "slow", "1h", "--timeout", "2h", "--json")


class Network:
    """Another network namespace, and a wire to it. Use it in a `with`."""

    def __enter__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE)
        own = os.readlink("/proc/self/ns/net")
        other = f"/proc/{self.holder.pid}/ns/net"
        until(lambda: os.readlink(other) != own, "there is another namespace")
        self.there = ["nsenter", f"--net={other}", "--"]
        peer = ("peer", "name", "wire", "netns", str(self.holder.pid))
        run(["ip", "link", "add", "wire", "type", "veth", *peer])
        for prefix, address in (([], HERE), (self.there, THERE)):
            run([*prefix, "ip", "address", "add", f"{address}/24", "dev", "wire"])
            for device in ("lo", "wire"):
                run([*prefix, "ip", "link", "set", device, "up"])
        return self

    def __exit__(self, *_):
        run(["ip", "link", "del", "wire"])
        self.holder.stdin.close()
        self.holder.wait(DEADLINE)

    def cut(self):
        """From here on each side sends to a hardware address that the other does not have."""
        for prefix, address in (([], THERE), (self.there, HERE)):
            neighbour = ("neigh", "replace", address, "lladdr", NOBODY, "dev", "wire")
            run([*prefix, "ip", *neighbour, "nud", "permanent"])

    def heal(self):
        for prefix, address in (([], THERE), (self.there, HERE)):
            run([*prefix, "ip", "neigh", "del", address, "dev", "wire"])

    def start(self, scene, program, *words):
        """A program on the other side."""
        return Running([*self.there, scene.programs[program], *words], scene.env)


def scene_here(programs, words=CONCURRENT):
    return Scene(programs, ("--insecure",), words, listen=f"tcp://{HERE}:*")


def long_partition(programs):
    """a partition is found on both sides by heartbeats; when it heals each name has one owner"""
    with Network() as network, scene_here(programs, words=("--name", "here")) as scene:
        with (
            network.start(scene, "service", *CONCURRENT) as remote,
            network.start(scene, "service", "--name", "killed") as killed,
            RawPeer(scene.endpoint) as peer,
        ):
            for daemon in (remote, killed):
                daemon.wait_for("Ready")
            with network.start(scene, "rmi-call", "here", *CALL[1:]) as caller:
                peer.slow(10)
                peer.slow(11, name="killed")
                until(lambda: scene.calls("here") == 2, "the call is with its daemon")
                until(lambda: scene.in_flight() == 3, "and so are the others")
                settled(scene)
                network.cut()
                begun = time.monotonic()
                killed.process.kill()  # what its kernel says of that is lost as well
                numbers = {peer.lost() for _ in range(2)}
                print(f"  the broker found out after {time.monotonic() - begun:.1f} s")
                same(numbers, {10, 11})
                same(caller.finish()[0], 5)
                took = time.monotonic() - begun
                print(f"  the caller on the other side after {took:.1f} s")
                caller.wait_for('"type": ?"ConnectionLost"')
                holds(took < 3 * HEARTBEAT, f"both are found in time, not after {took} s")
            same([scene.is_gone(name) for name in ("echo", "killed", "here")], [True, True, False])
            with scene.serve(*CONCURRENT) as successor:
                network.heal()
                with network.start(scene, "rmi-ns", "wait", "here") as again:
                    same(again.finish()[0], 0)
                until(lambda: scene.info()["sessions"] >= 5, "the daemon is back")
                owners = scene.ns("list", "--json").out
                same(owners.count(b'"name":"echo"'), 1)
                holds(f"rmi-echo[{successor.process.pid}]".encode() in owners, owners)
                scene.works()
                same(successor.stop()[0], 0)
            until(lambda: not scene.is_gone("echo"), "the former owner has its name again")
            scene.works()


def short_partition(programs):
    """a partition that heals before heartbeats are due costs a pause, no call and no name"""
    with Network() as network, scene_here(programs, words=None) as scene:
        with network.start(scene, "service", *CONCURRENT) as remote:
            remote.wait_for("Ready")
            before = scene.registration("echo")
            with RawPeer(scene.endpoint) as peer:
                peer.ping("echo")
                network.cut()
                peer.call(8, "echo", "rmi.ping")
                result = scene.call("echo", "add", "1", "2", "--timeout", "300ms", "--json")
                same(result.code, 4)
                network.heal()
                peer.takes(REPLY, 8)
            scene.works()
            same(scene.registration("echo"), before)


TESTS = [long_partition, short_partition]


def enter_namespace():
    """This program again, in a network namespace of its own."""
    words = ["unshare", "--map-root-user", "--net"]
    probe = ["ip", "link", "add", "wire", "type", "veth", "peer", "name", "other"]
    try:
        done = subprocess.run([*words, *probe], capture_output=True, text=True, check=False)
        why = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        why = str(error)
    if why:
        print(f"left out: no network namespaces can be made here: {why}")
        sys.exit(SKIPPED)
    os.execvpe(words[0], [*words, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter_namespace()
    sys.exit(run_all(TESTS, sys.argv[1:]))
