"""Throw-away keys: a certificate authority with one intermediate, server certificates, SSH keys."""

import subprocess
from pathlib import Path

CONFIG = """
[ca]
default_ca = lab
[lab]
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = supplied
organizationName = optional
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
VALID = ("20260101000000Z", "20460101000000Z")
EXPIRED = ("20240101000000Z", "20250101000000Z")


class Authority:
    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir()
        (directory / "index.txt").touch()
        self.issue("Example Test Root CA", issuer=None)
        self.issue("Example Test Intermediate CA", issuer="Example Test Root CA")

    def path(self, name: str, kind: str) -> Path:
        return self.directory / f"{name.replace(' ', '-')}.{kind}"

    def issue(self, name: str, issuer: str | None, hosts: list[str] | None = None, valid: tuple[str, str] = VALID) -> None:
        """Makes a P-256 key and a certificate: of a server if it has hosts, else of an authority."""
        key, request, certificate = (self.path(name, kind) for kind in ("key", "csr", "pem"))
        config = self.path(name, "conf")
        names = ", ".join(f"DNS:{host}" for host in hosts or ["unused.test"])
        config.write_text(CONFIG.format(dir=self.directory, names=names))
        subject = f"/CN={name}" if hosts else f"/O=Example Test/CN={name}"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", key, "-out", request, "-subj", subject)
        signer = ["-selfsign", "-keyfile", key] if issuer is None else [
            "-keyfile", self.path(issuer, "key"), "-cert", self.path(issuer, "pem")]
        openssl("ca", "-batch", "-notext", "-config", config, *signer, "-in", request, "-out", certificate,
                "-startdate", valid[0], "-enddate", valid[1], "-extensions", "server" if hosts else "authority")

    def root(self) -> str:
        return self.path("Example Test Root CA", "pem").read_text()

    def server(self, hosts: list[str], valid: tuple[str, str] = VALID) -> tuple[str, str]:
        """Returns a certificate chain without the root, and its key, both PEM."""
        intermediate = "Example Test Intermediate CA"
        self.issue(hosts[0], intermediate, hosts, valid)
        chain = self.path(hosts[0], "pem").read_text() + self.path(intermediate, "pem").read_text()
        return chain, self.path(hosts[0], "key").read_text()


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def ssh_key(path: Path, comment: str) -> tuple[str, str]:
    """Returns the private and the public half of a new ed25519 key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], check=True)
    return path.read_text(), path.with_suffix(".pub").read_text()
