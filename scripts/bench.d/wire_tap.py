"""SIP requests as they pass the loopback interface, with the kernel's time of each.

Needs the right to open a packet socket (root, or CAP_NET_RAW). A filter in the kernel lets
only INFO and INVITE through, so that RTP beside it costs nothing.
"""

from __future__ import annotations

import ctypes
import re
import socket
import struct
import threading

from figures import BenchError

_ETH_P_IP = 0x0800
_PACKET_HOST = 0
"""Of a packet as it comes in; on loopback each is seen once more on its way out."""
_SO_TIMESTAMPNS = 35
_SO_ATTACH_FILTER = 26
_UDP_PAYLOAD = 42
"""After the headers of Ethernet, IPv4 without options, and UDP."""

# Classic BPF: accept what begins with INFO or INVI.
_FILTER = (
    (0x20, 0, 0, _UDP_PAYLOAD),  # load four bytes
    (0x15, 1, 0, int.from_bytes(b"INFO", "big")),
    (0x15, 0, 1, int.from_bytes(b"INVI", "big")),
    (0x06, 0, 0, 0x40000),  # accept
    (0x06, 0, 0, 0),  # drop
)

_CALLER = re.compile(rb"^(?:From|f)[ \t]*:[^\r]*sips?:([^@;>\r]*)@", re.M | re.I)


class WireTap:
    """Listens from `start` to `stop`. Callers are told apart by the user in From."""

    def __init__(self, headset_port: int) -> None:
        """Open the socket.

        Raises:
            BenchError: that is not allowed.
        """
        self._headset_port = headset_port
        self._keyed: dict[bytes, float] = {}
        self.rung: dict[bytes, float] = {}
        """Caller -> when the headset's INVITE passed."""
        self._stopping = threading.Event()
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP))
        except PermissionError:
            raise BenchError("a look at the wire needs root, or CAP_NET_RAW") from None
        self._attach_filter()
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def delays_ms(self) -> list[float]:
        """Return, sorted, how long after each caller's INFO the headset's INVITE came."""
        return sorted(
            (self.rung[caller] - at) * 1000
            for caller, at in self._keyed.items()
            if caller in self.rung
        )

    def _attach_filter(self) -> None:
        program = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
        memory = ctypes.create_string_buffer(program)
        option = struct.pack("HP", len(_FILTER), ctypes.addressof(memory))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                data, ancillary, _, address = self._socket.recvmsg(65_535, 64)
            except TimeoutError:
                continue
            if address[2] == _PACKET_HOST:
                self._take(data, ancillary)

    def _take(self, data: bytes, ancillary: list[tuple[int, int, bytes]]) -> None:
        port = int.from_bytes(data[36:38], "big")
        text = data[_UDP_PAYLOAD:]
        caller = _CALLER.search(text)
        if caller is None:
            return
        seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
        at = seconds + nanoseconds / 1e9
        if text.startswith(b"INFO"):
            self._keyed.setdefault(caller[1], at)
        elif port == self._headset_port:
            self.rung.setdefault(caller[1], at)
