"""Machines as network namespaces with an /etc, /home and /srv of their own, and the network that joins them."""

import multiprocessing
import os
import shutil
import subprocess
import time
from pathlib import Path

import link

STUDENT = 1000
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
# The part of this machine's /etc that programs cannot do without; all else is the lab's.
BORROWED = ["alternatives", "ld.so.cache", "services", "protocols", "ssl/openssl.cnf"]
ACCOUNTS = {
    "root": (0, "/root", "/bin/bash"),
    "student": (STUDENT, "/home/student", "/bin/sh"),
    "www-data": (33, "/srv", "/usr/sbin/nologin"),
    "dnsmasq": (998, "/", "/usr/sbin/nologin"),
    "sshd": (997, "/run/sshd", "/usr/sbin/nologin"),
    "nobody": (65534, "/nonexistent", "/usr/sbin/nologin"),
}
# Runs in the machine's namespaces: puts its directories in place, sets its name, becomes the command.
ENTER = """
root=$1; echo "$2" > /proc/sys/kernel/hostname; shift 2
for directory in etc home srv; do mount --bind "$root/$directory" "/$directory"; done
exec "$@"
"""


class Machine:
    def __init__(self, name: str, root: Path):
        self.name, self.root = name, root
        self.processes: list[subprocess.Popen] = []
        for directory in ("etc/ssl/certs", "etc/ssh", "home/student", "srv"):
            (root / directory).mkdir(parents=True)
        for entry in BORROWED:
            source, target = Path("/etc", entry), root / "etc" / entry
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copy(source, target)
        accounts = [f"{who}:x:{id}:{id}::{home}:{shell}" for who, (id, home, shell) in ACCOUNTS.items()]
        self.write("etc/passwd", "\n".join(accounts) + "\n")
        self.write("etc/group", "".join(f"{who}:x:{id}:\n" for who, (id, _, _) in ACCOUNTS.items()))
        self.write("etc/shadow", "".join(f"{who}:*:20000:0:99999:7:::\n" for who in ACCOUNTS), mode=0o600)
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
                   "networks: files\nprotocols: files\nservices: files\n")
        self.write("etc/host.conf", "multi on\n")
        self.write("etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {name}\n")
        self.write("etc/resolv.conf", "")
        os.chown(root / "home/student", STUDENT, STUDENT)
        subprocess.run(["ip", "netns", "add", name], check=True)
        for setting in ("all.disable_ipv6=1", "default.disable_ipv6=1"):
            self.sysctl(f"net.ipv6.conf.{setting}")
        self.ip("link", "set", "lo", "up")

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        """Writes a file of the machine; what lies in /home/student belongs to the student."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        if name.startswith("home/student/"):
            for owned in (path, path.parent):
                os.chown(owned, STUDENT, STUDENT)
        return path

    def ip(self, *arguments: str) -> None:
        subprocess.run(["ip", "-n", self.name, *arguments], check=True)

    def sysctl(self, setting: str) -> None:
        subprocess.run(["ip", "netns", "exec", self.name, "sysctl", "-qw", setting], check=True)

    def command(self, arguments: list[str], student: bool) -> list[str]:
        enter = ["ip", "netns", "exec", self.name, "unshare", "--uts", "sh", "-ec", ENTER, "sh", str(self.root), self.name]
        who, home = ("student", "/home/student") if student else ("root", "/root")
        clean = ["env", "-i", "-C", home, f"PATH={PATH}", "LANG=C.UTF-8", f"USER={who}", f"HOME={home}"]
        drop = ["setpriv", f"--reuid={STUDENT}", f"--regid={STUDENT}", "--clear-groups"] if student else []
        return enter + drop + clean + arguments

    def start(self, *arguments: str, student: bool = False, **options) -> subprocess.Popen:
        """Starts a program that runs until the network is taken down."""
        process = subprocess.Popen(self.command(list(arguments), student), stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def run(self, *arguments: str, student: bool = False, **options) -> subprocess.CompletedProcess:
        """Runs a program to its end; its exit status is the caller's business."""
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 60} | options
        return subprocess.run(self.command(list(arguments), student), **options)

    def wait_for_port(self, protocol: str, port: int) -> None:
        """Waits until a server listens."""
        state = "0A" if protocol == "tcp" else "07"
        for _ in range(200):
            table = subprocess.run(["ip", "netns", "exec", self.name, "cat", f"/proc/net/{protocol}"],
                                   check=True, capture_output=True, text=True).stdout
            sockets = [line.split() for line in table.splitlines()[1:]]
            if any(entry[1].endswith(f":{port:04X}") and entry[3] == state for entry in sockets):
                return
            time.sleep(0.02)
        raise RuntimeError(f"{self.name}: nothing listens on {protocol} port {port}")

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        subprocess.run(["ip", "netns", "delete", self.name], check=False)


class Network:
    """laptop -- home router -- isp -- core -- edge -- server, with the provider's resolver beside isp.

    A packet takes about 15 ms from the laptop to the server; routers forward by their own tables.
    """

    # machine, interface, address; delay in ms, Mbit/s to the right and to the left; machine, interface, address
    LINKS = [
        ("laptop", "eth0", "192.168.1.100/24", 0.5, 1000, 1000, "router", "lan", "192.168.1.1/24"),
        ("router", "wan", "100.64.0.2/24", 4, 4, 20, "isp", "access", "100.64.0.1/24"),
        ("isp", "dns", "198.51.100.49/28", 0.2, 200, 200, "resolver", "eth0", "198.51.100.53/28"),
        ("isp", "core", "198.51.100.1/30", 6, 200, 200, "core", "isp", "198.51.100.2/30"),
        ("core", "edge", "198.51.100.5/30", 3, 200, 200, "edge", "core", "198.51.100.6/30"),
        ("edge", "servers", "203.0.113.1/24", 1.5, 200, 200, "server", "eth0", "203.0.113.10/24"),
    ]
    ROUTES = {
        "laptop": {"default": "192.168.1.1"},
        "router": {"default": "100.64.0.1"},
        "resolver": {"default": "198.51.100.49"},
        "isp": {"192.168.1.0/24": "100.64.0.2", "default": "198.51.100.2"},
        "core": {"default": "198.51.100.1", "203.0.113.0/24": "198.51.100.6"},
        "edge": {"default": "198.51.100.5"},
        "server": {"default": "203.0.113.1"},
    }
    MORE_ADDRESSES = {"server": ["203.0.113.20/24", "203.0.113.22/24", "203.0.113.53/24"]}
    HARDWARE = {"laptop eth0": "02:00:5e:10:00:64", "router lan": "02:00:5e:10:00:01"}

    def __init__(self, root: Path, faults: dict[str, link.Faults] | None = None, joined: bool = True):
        """`faults` goes by the interface that a faulty direction leads to, such as "core edge"; a laptop that
        has not `joined` has no address."""
        self.machines: dict[str, Machine] = {}
        self.taps: list[int] = []
        self.carrier: multiprocessing.Process | None = None
        try:
            self.build(root, faults or {}, joined)
        except BaseException:
            self.stop()
            raise

    def build(self, root: Path, faults: dict[str, link.Faults], joined: bool) -> None:
        directions = []
        for name in self.ROUTES:
            self.machines[name] = Machine(name, root / name)
        for number, (left, left_port, left_ip, ms, up, down, right, right_port, right_ip) in enumerate(self.LINKS):
            a = self.plug(left, left_port, "" if left == "laptop" and not joined else left_ip, 2 * number)
            b = self.plug(right, right_port, right_ip, 2 * number + 1)
            to_left = faults.get(f"{left} {left_port}", link.Faults())
            to_right = faults.get(f"{right} {right_port}", link.Faults())
            directions.append(link.Direction(a, b, ms / 1e3, up * 1e6, to_right))
            directions.append(link.Direction(b, a, ms / 1e3, down * 1e6, to_left))
        for name, addresses in self.MORE_ADDRESSES.items():
            for address in addresses:
                self.machines[name].ip("address", "add", address, "dev", "eth0")
        for name, routes in self.ROUTES.items():
            machine = self.machines[name]
            machine.sysctl("net.ipv4.ip_forward=" + ("1" if name in ("router", "isp", "core", "edge") else "0"))
            machine.sysctl("net.ipv4.icmp_ratelimit=0")
            if name != "laptop" or joined:
                for target, gateway in routes.items():
                    machine.ip("route", "add", target, "via", gateway)
        self["laptop"].sysctl("net.ipv4.ping_group_range=0 2147483647")  # the student may ping
        self["core"].ip("rule", "add", "iif", "lo", "blackhole")  # forwards, but never speaks itself: a silent hop
        self.carrier = multiprocessing.get_context("fork").Process(target=link.carry, args=(directions,), daemon=True)
        self.carrier.start()

    def plug(self, machine: str, port: str, address: str, number: int) -> int:
        tap = link.open_tap(f"lab{number}")
        self.taps.append(tap)
        hardware = self.HARDWARE.get(f"{machine} {port}", f"02:00:5e:20:00:{number:02x}")
        subprocess.run(["ip", "link", "set", f"lab{number}", "address", hardware], check=True)
        subprocess.run(["ip", "link", "set", f"lab{number}", "netns", machine, "name", port], check=True)
        if address:
            self[machine].ip("address", "add", address, "dev", port)
        self[machine].ip("link", "set", port, "up")
        return tap

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    def stop(self) -> None:
        if self.carrier:
            self.carrier.terminate()
            self.carrier.join()
        for machine in self.machines.values():
            machine.stop()
        for tap in self.taps:
            os.close(tap)
