"""What happens in each sample: one function a sample, run on a fresh network with all servers up."""

import os
import pty
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import logs
import pcapng
import servers
from keys import Authority
from link import Faults
from net import Network


@dataclass
class Sample:
    name: str
    command: str  # as the student types it
    happens: str
    story: str  # as wirewalk names it
    facts: str  # what a test may rely on
    play: Callable[["Stage"], None]
    faults: dict[str, Faults] = field(default_factory=dict)
    joined: bool = True


KEY_LOG = "curl.keys"
SAMPLES: dict[str, Sample] = {}


def sample(name: str, command: str, happens: str, story: str, facts: str, **setting):
    def register(play):
        SAMPLES[name] = Sample(name, command, happens, story, facts, play, **setting)
        return play
    return register


@dataclass
class Stage:
    """A network with its servers, and where the files of the sample go."""

    sample: Sample
    net: Network
    out: Path

    @property
    def laptop(self):
        return self.net["laptop"]

    def type(self, *arguments: str) -> None:
        """Runs a program on the laptop as the student, at a terminal."""
        keyboard, terminal = pty.openpty()
        command = self.laptop.command([*arguments], student=True)
        with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
            os.close(terminal)
            with open(keyboard, "rb", buffering=0) as screen:
                try:
                    while screen.read(4096):
                        pass
                except OSError:
                    pass  # the last program has left the terminal

    def enter(self, *before: str) -> None:
        """Types the sample's command."""
        self.type(*before, *self.sample.command.split())

    def take(self, name: str) -> str:
        """The content of a file in the student's home."""
        return (self.laptop.root / "home/student" / name).read_text()

    def save(self, kind: str, content: str) -> None:
        (self.out / f"{self.sample.name}.{kind}").write_text(content)


@sample("curl-https", "curl https://www.example.test/",
        "A web page over TLS 1.3, with everything cold: ARP, DNS, TCP, TLS, HTTP and the close.",
        "curl-https", "cold ARP and DNS; TLS 1.3, ALPN http/1.1; HSTS; secrets inside; both sides close")
def curl_https(stage: Stage) -> None:
    stage.type("env", f"SSLKEYLOGFILE={KEY_LOG}", *logs.STRACE, "-o", "curl-https.strace",
               "curl", "--trace-time", "--trace-ascii", "curl-https.trace", "https://www.example.test/")
    stage.save("keys", stage.take(KEY_LOG))
    stage.save("strace", logs.trim_strace(stage.take("curl-https.strace")))
    stage.save("trace", stage.take("curl-https.trace"))


@sample("curl-https-tls12", "curl --tls-max 1.2 https://www.example.test/",
        "The same page over TLS 1.2: two round trips, and the certificate in clear.",
        "curl-https", "TLS 1.2, ECDHE with ECDSA; certificates readable; secrets inside")
def curl_https_tls12(stage: Stage) -> None:
    stage.enter("env", f"SSLKEYLOGFILE={KEY_LOG}")


@sample("curl-http", "curl http://www.example.test/", "The same page in clear, with a cookie that anyone can read.",
        "curl-http", "200, `Set-Cookie`")
def curl_http(stage: Stage) -> None:
    stage.enter()


@sample("ssh-login", "ssh student@server.example.test echo hello",
        "An SSH login with an ed25519 key, one command, and the close.",
        "ssh", "hybrid key exchange, chacha20-poly1305, strict key exchange, known host")
def ssh_login(stage: Stage) -> None:
    stage.type("sh", "-c", 'exec "$@" 2>ssh-login.log', "sh", *logs.STRACE, "-o", "ssh-login.strace",
               "ssh", "-vvv", "student@server.example.test", "echo", "hello")
    stage.save("log", stage.take("ssh-login.log"))
    stage.save("strace", logs.trim_strace(stage.take("ssh-login.strace")))


@sample("dns-lookup", "dig www.shop.example.test", "A name that is an alias of an alias of two addresses.",
        "dns", "CNAME, CNAME, two A records; EDNS; not authoritative")
def dns_lookup(stage: Stage) -> None:
    stage.enter()


@sample("dhcp-join", "dhclient -4 -1 eth0", "A laptop without an address asks the home network for one.",
        "dhcp", "the router asks ARP three times and pings before it offers; 24 hours", joined=False)
def dhcp_join(stage: Stage) -> None:
    stage.laptop.write("etc/dhcp/dhclient.conf", DHCLIENT)
    stage.laptop.write("etc/dhcp/script", DHCLIENT_SCRIPT, mode=0o755)
    stage.laptop.write("etc/leases", "")
    stage.laptop.start("dhclient", "-4", "-1", "-d", "-q", "-cf", "/etc/dhcp/dhclient.conf", "-sf", "/etc/dhcp/script",
                       "-lf", "/etc/leases", "-pf", "/etc/dhclient.pid", "eth0", stderr=subprocess.DEVNULL)
    lease = stage.laptop.root / "etc/joined"
    for _ in range(200):
        if lease.exists():
            return
        time.sleep(0.1)
    raise RuntimeError("dhclient got no lease")


# Patience, because the router takes three seconds to see that nobody has the address.
DHCLIENT = """
option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
send host-name = gethostname();
initial-interval 10;
backoff-cutoff 30;
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, host-name, interface-mtu;
"""
DHCLIENT_SCRIPT = """#!/bin/sh
if [ "$reason" = BOUND ]; then
    ip address add "$new_ip_address/$new_subnet_mask" dev "$interface"
    ip route add default via "$new_routers"
    echo "nameserver $new_domain_name_servers" > /etc/resolv.conf
    touch /etc/joined
fi
"""


@sample("ping", "ping -c 3 www.example.test", "Three echo requests to a name, three replies, and the names of the answers.",
        "ping", "three of three; reverse lookups, the later ones from the router's cache")
def ping(stage: Stage) -> None:
    stage.enter()


@sample("traceroute", "traceroute -N 1 -w 0.5 www.example.test", "The way to the server, five hops of which one is silent.",
        "traceroute", "UDP probes; hop 3 silent; hop 5 port unreachable; reverse lookups")
def traceroute(stage: Stage) -> None:
    stage.enter()


@sample("lossy-download", "curl -s -o numbers.txt http://www.example.test/numbers.txt",
        "A download that loses segments in the middle and at the end, and gets one late.",
        "curl-http", "a fast retransmission, two segments that overtake a third, a timeout of the last two",
        faults={"core edge": Faults(drop={4, 29, 30}, drop_repeats={2}, behind={24: 26})})
def lossy_download(stage: Stage) -> None:
    stage.enter()


@sample("connection-refused", "curl http://www.example.test:8080/", "The server is there, but nothing listens on the port.",
        "curl-http", "failed: RST to the SYN")
def connection_refused(stage: Stage) -> None:
    stage.enter()


@sample("expired-certificate", "curl https://expired.example.test/", "curl breaks off: the certificate ended in 2025.",
        "curl-https", "failed: fatal alert certificate_expired from the client, in clear, then RST; secrets inside",
        faults={"server eth0": Faults(delay={2: 0.002})})  # alert and RST arrive at once: nothing is said in between
def expired_certificate(stage: Stage) -> None:
    stage.enter("env", f"SSLKEYLOGFILE={KEY_LOG}")


@sample("nxdomain", "curl http://no-such-host.example.test/", "The name does not exist, so there is nobody to connect to.",
        "dns", "failed: NXDOMAIN for A and AAAA, with the SOA; no TCP")
def nxdomain(stage: Stage) -> None:
    stage.enter()


class Recorder:
    """tcpdump on the laptop's only interface."""

    def __init__(self, net: Network, pcap: Path):
        self.pcap = pcap
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", "laptop", "tcpdump", "-i", "eth0", "-n", "-U", "-Z", "root", "--immediate-mode",
             "--time-stamp-precision=nano", "-w", str(pcap)], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "listening on" in line:
                return
        raise RuntimeError("tcpdump does not start")

    def stop(self) -> None:
        """Ends the recording when nothing has come for 0.6 seconds."""
        size, quiet_since = -1, time.monotonic()
        while time.monotonic() - quiet_since < 0.6:
            if self.pcap.stat().st_size != size:
                size, quiet_since = self.pcap.stat().st_size, time.monotonic()
            time.sleep(0.05)
        self.process.terminate()
        self.process.communicate()


def record(name: str, authority: Authority, work: Path, out: Path) -> int:
    """Records one sample into `out` and returns the number of its frames."""
    wanted = SAMPLES[name]
    work.mkdir()
    net = Network(work, wanted.faults, wanted.joined)
    try:
        servers.start(net, authority, work)
        recorder = Recorder(net, work / "capture.pcap")
        wanted.play(Stage(wanted, net, out))
        recorder.stop()
        keys = net["laptop"].root / "home/student" / KEY_LOG
        comment = f"{wanted.command} -- {wanted.happens} Recorded by captures/lab/record {name}."
        return pcapng.convert(recorder.pcap, out / f"{name}.pcapng", comment, keys.read_bytes() if keys.exists() else b"")
    finally:
        net.stop()
