"""Traced messages as a capture file, for Wireshark, tshark, sngrep and SIPp.

UDP is as it was. Streams (TCP, TLS, WebSocket) are written as TCP segments, one or more a
message, with sequence numbers that fit, so that who reads them puts the messages together; what
was encrypted on the wire is readable here. Secrets are crossed out.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import IO, Any

import dpkt

from switch.trace.frame import SENT, UNREACHABLE, Message, Place
from switch.trace.sip_text import SipText, masked

_RAW_IP = 101
"""LINKTYPE_RAW: IPv4 and IPv6 packets without a link layer."""
_SEGMENT_BYTES = 60_000
"""A packet holds 65,535 bytes at most."""
_MTU_FRAGMENT = 65_507
"""The most that a UDP datagram holds."""


def write_pcap(file: IO[bytes], texts: Iterable[SipText]) -> int:
    """Write messages, in order; return how many."""
    writer = dpkt.pcap.Writer(file, snaplen=262_144, linktype=_RAW_IP, nano=True)
    streams = _Streams()
    count = 0
    for text in texts:
        message = text.message
        if message.direction == UNREACHABLE:
            continue
        data = masked(message.data)
        if message.transport == "udp":
            packets = [_datagram(message, data[:_MTU_FRAGMENT])]
        else:
            packets = streams.segments(message, data)
        for packet in packets:
            writer.writepkt(bytes(packet), ts=text.at)
        count += 1
    return count


class _Streams:
    """The sequence numbers of each direction of each connection."""

    def __init__(self) -> None:
        self._next: dict[tuple[Place, Place], int] = {}

    def segments(self, message: Message, data: bytes) -> list[Any]:
        source, target = _ends(message)
        packets: list[Any] = []
        for start in range(0, max(1, len(data)), _SEGMENT_BYTES):
            part = data[start : start + _SEGMENT_BYTES]
            number = self._next.get((source, target), 1)
            segment = dpkt.tcp.TCP(
                sport=source[1],
                dport=target[1],
                seq=number,
                ack=self._next.get((target, source), 1),
                flags=dpkt.tcp.TH_ACK | dpkt.tcp.TH_PUSH,
                win=65_535,
                data=part,
            )
            self._next[source, target] = (number + len(part)) % 2**32
            packets.append(_packet(source, target, dpkt.ip.IP_PROTO_TCP, segment))
        return packets


def _datagram(message: Message, data: bytes) -> Any:
    source, target = _ends(message)
    udp = dpkt.udp.UDP(sport=source[1], dport=target[1], ulen=8 + len(data), data=data)
    return _packet(source, target, dpkt.ip.IP_PROTO_UDP, udp)


def _ends(message: Message) -> tuple[Place, Place]:
    if message.direction == SENT:
        return message.local, message.remote
    return message.remote, message.local


def _packet(source: Place, target: Place, protocol: int, payload: Any) -> Any:
    hosts = _address(source[0]), _address(target[0])
    if any(":" in host for host in hosts):
        src, dst = (socket.inet_pton(socket.AF_INET6, _as_ipv6(host)) for host in hosts)
        packet = dpkt.ip6.IP6(src=src, dst=dst, nxt=protocol, hlim=64, data=payload)
        packet.plen = len(bytes(payload))
        return packet
    src, dst = (socket.inet_aton(host) for host in hosts)
    packet = dpkt.ip.IP(src=src, dst=dst, p=protocol, ttl=64, data=payload)
    packet.len = len(packet)
    return packet


def _address(host: str) -> str:
    """Return a host as an address without a zone; what is none is written as nobody's."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return "0.0.0.0"


def _as_ipv6(host: str) -> str:
    return host if ":" in host else f"::ffff:{host}"
