"""Turns tcpdump's pcap files into pcapng files with a comment, an interface name and TLS secrets."""

import struct
from pathlib import Path

SECTION, INTERFACE, PACKET, SECRETS = 0x0A0D0D0A, 1, 6, 10
TLS_KEY_LOG = 0x544C534B
COMMENT, OS, APPLICATION = 1, 3, 4  # options of a section
NAME, RESOLUTION = 2, 9  # options of an interface
NANOSECOND_PCAP = 0xA1B23C4D
ETHERNET = 1


def frames(pcap: Path):
    """Yields (nanoseconds, length on the wire, bytes) for every frame of a nanosecond pcap file."""
    data = pcap.read_bytes()
    if struct.unpack_from("<I", data)[0] != NANOSECOND_PCAP:
        raise ValueError(f"{pcap.name}: not a little-endian nanosecond pcap file")
    at = 24
    while at + 16 <= len(data):
        seconds, nanos, captured, length = struct.unpack_from("<IIII", data, at)
        yield seconds * 10**9 + nanos, length, data[at + 16 : at + 16 + captured]
        at += 16 + captured


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def options(*pairs: tuple[int, bytes]) -> bytes:
    listed = b"".join(struct.pack("<HH", code, len(value)) + padded(value) for code, value in pairs)
    return listed + struct.pack("<HH", 0, 0)


def convert(pcap: Path, out: Path, comment: str, secrets: bytes = b"") -> int:
    """Writes `out` and returns the number of frames in it."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options(
        (COMMENT, comment.encode()), (OS, b"Linux"), (APPLICATION, b"tcpdump, captures/lab")
    )
    interface = struct.pack("<HHI", ETHERNET, 0, 262144) + options((NAME, b"eth0"), (RESOLUTION, b"\x09"))
    blocks = [block(SECTION, section), block(INTERFACE, interface)]
    if secrets:
        blocks.append(block(SECRETS, struct.pack("<II", TLS_KEY_LOG, len(secrets)) + padded(secrets)))
    count = 0
    for time, length, data in frames(pcap):
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(data), length)
        blocks.append(block(PACKET, head + padded(data)))
        count += 1
    out.write_bytes(b"".join(blocks))
    return count


def count(file: Path) -> int:
    """The number of frames in a file that `convert` wrote."""
    data, at, found = file.read_bytes(), 0, 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        found += kind == PACKET
        at += length
    return found
