"""Where a worker that outlived its core waits for the next one.

A name in Linux's abstract namespace of Unix sockets (unix(7)): there is no file to be left
behind. Such a name can be taken by anybody on the machine, so each side asks the kernel
who the other is, and has to do with its own user only.
"""

from __future__ import annotations

import os
import socket
import struct

_CREDENTIALS = struct.Struct("3i")
"""`struct ucred`: process, user, group."""


class MeetingPlace:
    """The worker's side."""

    def __init__(self, name: str) -> None:
        """Begin to wait.

        Raises:
            OSError: the name is taken.
        """
        self._socket = _new_socket()
        try:
            self._socket.bind(f"\0{name}")
            self._socket.listen(1)
        except OSError:
            self._socket.close()
            raise

    @property
    def fd(self) -> int:
        """Becomes readable when somebody comes."""
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """Return the connection to the next core; None if it was somebody else."""
        try:
            control, _ = self._socket.accept()
        except OSError:
            return None
        if peer_of(control)[1] != os.getuid():
            control.close()
            return None
        control.setblocking(False)
        return control

    def close(self) -> None:
        """Wait no more."""
        self._socket.close()


def meet(name: str) -> tuple[socket.socket, int] | None:
    """Return the connection to the worker that waits there, and its process id.

    Returns:
        None when nobody waits, or another user does.
    """
    sock = _new_socket()
    try:
        sock.connect(f"\0{name}")
        process, user = peer_of(sock)
    except OSError:
        sock.close()
        return None
    if user != os.getuid():
        sock.close()
        return None
    return sock, process


def peer_of(sock: socket.socket) -> tuple[int, int]:
    """Return process and user at the other end, as the kernel knows them."""
    told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, _ = _CREDENTIALS.unpack(told)
    return process, user


def _new_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
