"""Carries frames between pairs of tap devices in user space, with delay, rate and faults by packet number."""

import fcntl
import heapq
import os
import select
import signal
import struct
import time
from dataclasses import dataclass, field

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
LARGEST_FRAME = 2048


@dataclass
class Faults:
    """What goes wrong in one direction, to TCP segments with data, as they enter the link.

    Segments that bring new data are numbered from 1, and so are, apart from them, segments that repeat old data:
    what one sender's timing changes is only where the repeats come in between.
    """

    drop: set[int] = field(default_factory=set)
    drop_repeats: set[int] = field(default_factory=set)
    delay: dict[int, float] = field(default_factory=dict)  # number -> seconds that it and all behind it wait
    behind: dict[int, int] = field(default_factory=dict)  # number -> the later number that overtakes it


@dataclass
class Direction:
    source: int
    target: int
    delay: float
    bits_per_second: float
    faults: Faults
    idle_from: float = 0.0
    sent_up_to: int | None = None  # TCP sequence number after the newest data
    segments: int = 0
    repeats: int = 0
    overtaken: dict[int, bytes] = field(default_factory=dict)  # number of the overtaking segment -> what waits for it


def open_tap(name: str) -> int:
    """Creates a tap device; it lives as long as the file descriptor that is returned."""
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def data_range(frame: bytes) -> tuple[int, int] | None:
    """The TCP sequence numbers of the first byte of data and of the one after the last; None if there is no data."""
    if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    tcp = 14 + (frame[14] & 15) * 4
    length = int.from_bytes(frame[16:18], "big") + 14 - tcp - (frame[tcp + 12] >> 4) * 4
    first = int.from_bytes(frame[tcp + 4 : tcp + 8], "big")
    return (first, (first + length) % 2**32) if length > 0 else None


def arrivals(way: Direction, frame: bytes, now: float) -> list[tuple[float, bytes]]:
    """What leaves the link at its far end because this frame has entered it, and when."""
    way.idle_from = max(now, way.idle_from) + len(frame) * 8 / way.bits_per_second
    due = way.idle_from + way.delay
    data = data_range(frame)
    if data is None:
        return [(due, frame)]
    if way.sent_up_to not in (None, data[0]):
        way.repeats += 1
        return [] if way.repeats in way.faults.drop_repeats else [(due, frame)]
    way.sent_up_to = data[1]
    way.segments += 1
    number, faults = way.segments, way.faults
    if number in faults.drop:
        return []
    if number in faults.behind:
        way.overtaken[faults.behind[number]] = frame
        return []
    way.idle_from += faults.delay.get(number, 0.0)
    due = way.idle_from + way.delay
    late = way.overtaken.pop(number, None)
    return [(due, frame)] + ([(due, late)] if late else [])


def carry(directions: list[Direction]) -> None:
    """Carries frames until the process is ended; goes before other processes, so that times are the network's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the recorder ends this process
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    by_source = {way.source: way for way in directions}
    under_way: list[tuple[float, int, int, bytes]] = []
    counter = 0
    while True:
        timeout = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        readable, _, _ = select.select(list(by_source), [], [], timeout)
        for tap in readable:
            way = by_source[tap]
            frame = os.read(tap, LARGEST_FRAME)
            for due, leaving in arrivals(way, frame, time.monotonic()):
                counter += 1  # keeps the order of frames that are due together
                heapq.heappush(under_way, (due, counter, way.target, leaving))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(under_way)
            try:
                os.write(target, frame)
            except OSError:
                pass  # the device at the far end is down
