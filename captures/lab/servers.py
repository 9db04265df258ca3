"""The lab's servers: dnsmasq (home router, authority for the names), unbound (provider's resolver), nginx, OpenSSH."""

import os
import subprocess
from pathlib import Path

from keys import EXPIRED, Authority, ssh_key
from net import Machine, Network

ROUTER = """
port=53
listen-address=192.168.1.1
bind-interfaces
no-hosts
no-resolv
server=198.51.100.53
domain=home.arpa
local=/home.arpa/
local=/168.192.in-addr.arpa/
host-record=router.home.arpa,192.168.1.1
dhcp-range=192.168.1.100,192.168.1.100,24h
dhcp-authoritative
dhcp-leasefile=/srv/leases
"""
RESOLVER = """
server:
    interface: 198.51.100.53
    access-control: 0.0.0.0/0 allow
    do-ip6: no
    username: ""
    chroot: ""
    directory: "/srv"
    pidfile: ""
    use-syslog: no
    module-config: "iterator"
    qname-minimisation: no
    rrset-roundrobin: no
    local-zone: "test." nodefault
    local-zone: "64.100.in-addr.arpa." nodefault
    local-zone: "100.51.198.in-addr.arpa." nodefault
    local-zone: "113.0.203.in-addr.arpa." nodefault
remote-control:
    control-enable: no
stub-zone:
    name: "test."
    stub-addr: 203.0.113.53
stub-zone:
    name: "in-addr.arpa."
    stub-addr: 203.0.113.53
"""
AUTHORITY = """
port=53
listen-address=203.0.113.53
bind-interfaces
no-hosts
no-resolv
auth-server=ns1.example.test,eth0
auth-zone=example.test,203.0.113.0/24
auth-zone=isp.test,198.51.100.0/24,100.64.0.0/24
auth-soa=2026010101,hostmaster.example.test
auth-ttl=300
host-record=ns1.example.test,203.0.113.53
host-record=www.example.test,203.0.113.10
host-record=expired.example.test,203.0.113.20
host-record=server.example.test,203.0.113.22
cname=www.shop.example.test,shop.cdn.example.test
cname=shop.cdn.example.test,pop7.cdn.example.test
host-record=pop7.cdn.example.test,203.0.113.40
host-record=pop7.cdn.example.test,203.0.113.41
host-record=edge.example.test,203.0.113.1
host-record=access.isp.test,100.64.0.1
host-record=core.isp.test,198.51.100.2
host-record=border.isp.test,198.51.100.6
"""
NGINX = """
user www-data;
worker_processes 1;
pid /srv/nginx.pid;
error_log stderr;
events { }
http {
    access_log off;
    client_body_temp_path /srv/tmp;
    proxy_temp_path /srv/tmp;
    fastcgi_temp_path /srv/tmp;
    uwsgi_temp_path /srv/tmp;
    scgi_temp_path /srv/tmp;
    types { text/html html; text/plain txt; }
    root /srv/www;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 80;
        server_name www.example.test;
        add_header Set-Cookie "session=3f9a1c52e07b; Path=/; HttpOnly";
    }
    server {
        listen 443 ssl;
        server_name www.example.test;
        ssl_certificate /etc/nginx/www.pem;
        ssl_certificate_key /etc/nginx/www.key;
        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
    }
    server {
        listen 443 ssl;
        server_name expired.example.test;
        ssl_certificate /etc/nginx/expired.pem;
        ssl_certificate_key /etc/nginx/expired.key;
    }
}
"""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Example</title>
</head>
<body>
  <h1>It arrived.</h1>
  <p>This page came through a name, a route, a connection and a request, one layer upon the other.</p>
</body>
</html>
"""
SSHD = """
ListenAddress 203.0.113.22
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile .ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PidFile none
"""
SSH_CLIENT = """
Host *
    SendEnv LANG LC_*
    HashKnownHosts yes
"""
PUBLISHED = 1767225600  # the web pages' time: 2026-01-01


def numbers(lines: int) -> str:
    """A text to download, 34 bytes a line."""
    return "".join(f"line {number:06d} of a text to download\n" for number in range(1, lines + 1))


def dns(machine: Machine, config: str) -> None:
    machine.write("etc/dnsmasq.conf", config)
    machine.start("dnsmasq", "--keep-in-foreground", "--conf-file=/etc/dnsmasq.conf", "--user=root", "--group=root",
                  "--pid-file=", "--log-facility=-", stderr=subprocess.DEVNULL)
    machine.wait_for_port("udp", 53)


def resolver(machine: Machine) -> None:
    machine.write("etc/unbound.conf", RESOLVER)
    machine.start("unbound", "-d", "-c", "/etc/unbound.conf", stderr=subprocess.DEVNULL)
    machine.wait_for_port("udp", 53)


def web(machine: Machine, authority: Authority) -> None:
    for name, chain, key in (("www", *authority.www), ("expired", *authority.expired)):
        machine.write(f"etc/nginx/{name}.pem", chain)
        machine.write(f"etc/nginx/{name}.key", key, mode=0o600)
    machine.write("etc/nginx/nginx.conf", NGINX)
    for name, content in (("index.html", PAGE), ("numbers.txt", numbers(1250))):
        os.utime(machine.write(f"srv/www/{name}", content), (PUBLISHED, PUBLISHED))
    machine.start("nginx", "-e", "stderr", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;")
    machine.wait_for_port("tcp", 443)


def ssh(server: Machine, client: Machine, keys: Path) -> None:
    keys.mkdir()
    host_private, host_public = ssh_key(keys / "host", "root@server")
    private, public = ssh_key(keys / "student", "student@laptop")
    server.write("etc/ssh/ssh_host_ed25519_key", host_private, mode=0o600)
    server.write("etc/ssh/sshd_config", SSHD)
    server.write("home/student/.ssh/authorized_keys", public, mode=0o600)
    client.write("etc/ssh/ssh_config", SSH_CLIENT)
    client.write("home/student/.ssh/id_ed25519", private, mode=0o600)
    client.write("home/student/.ssh/id_ed25519.pub", public)
    client.write("home/student/.ssh/known_hosts", f"server.example.test {host_public}", mode=0o600)
    client.run("ssh-keygen", "-H", student=True, check=True)  # hashes the names, as Debian does
    client.run("rm", "/home/student/.ssh/known_hosts.old", student=True, check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    server.start("/usr/sbin/sshd", "-D", "-e", stderr=subprocess.DEVNULL)
    server.wait_for_port("tcp", 22)


def start(net: Network, authority: Authority, directory: Path) -> None:
    """Starts all servers of a network and warms the neighbour tables beyond the home router."""
    net["laptop"].write("etc/resolv.conf", "nameserver 192.168.1.1\n")
    net["laptop"].write("etc/ssl/certs/ca-certificates.crt", authority.root())
    dns(net["server"], AUTHORITY)
    resolver(net["resolver"])
    dns(net["router"], ROUTER)
    web(net["server"], authority)
    ssh(net["server"], net["laptop"], directory / "ssh")
    for machine, target in (("router", "203.0.113.10"), ("router", "198.51.100.53"), ("resolver", "203.0.113.53")):
        net[machine].run("ping", "-c", "1", "-n", target, check=True)


def with_certificates(directory: Path) -> Authority:
    """An authority that has issued the certificates of the web server."""
    authority = Authority(directory)
    authority.www = authority.server(["www.example.test", "example.test"])
    authority.expired = authority.server(["expired.example.test"], EXPIRED)
    return authority
