"""What Linux tells of processes, and what the benchmarks need of the system."""

from __future__ import annotations

import re
import resource
import socket
import time
from pathlib import Path

ADDRESS = "127.0.0.1"
_FILES = 65_536


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that all threads of a process have used, to the nanosecond.

    `/proc/PID/stat` tells the same in hundredths of a second. The clock's number is made as
    clock_getcpuclockid(3) makes it.
    """
    return time.clock_gettime((~pid << 3) | 2)


def rss_mib(pid: int) -> float:
    """Return the memory that a process holds now."""
    return _status(pid, "VmRSS") / 1024


def peak_rss_mib(pid: int) -> float:
    """Return the most memory that a process has held."""
    return _status(pid, "VmHWM") / 1024


def open_files(pid: int) -> int:
    """Return how many file descriptors a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _status(pid: int, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def free_port(count: int = 1) -> int:
    """Return the first of so many neighbouring ports that are free; even, if there are several."""
    while True:
        with _bound(0) as probe:
            port = int(probe.getsockname()[1])
        if count == 1:
            return port
        port -= port % 2
        try:
            for each in range(port, port + count):
                _bound(each).close()
        except (OSError, OverflowError):
            continue
        return port


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((ADDRESS, port))
    except BaseException:
        sock.close()
        raise
    return sock


def sink(port: int) -> socket.socket:
    """Return a socket that takes what comes and never reads it: RTCP, in these benchmarks."""
    return _bound(port)


def raise_file_limit() -> None:
    """Let this process and its children open as many files as the system permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
