"""Kamailio as a process: a SIP server that this project did not write, with routes to order."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.certificates import CertificateFiles
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp import is_bound

ADDRESS = "127.0.0.1"

needs_kamailio = pytest.mark.skipif(
    shutil.which("kamailio") is None, reason="Kamailio is not installed"
)

PROXY = ("kex", "tm", "tmx", "sl", "rr", "pv", "textops", "siputils")
"""Modules of whoever passes requests on."""

_CONFIG = """\
debug=2
log_stderror=yes
fork=yes
children={children}
tcp_children=2
disable_tcp={no_tcp}
enable_tls={tls}
disable_core_dump=yes
auto_aliases=no
dns=no
rev_dns=no
{listeners}
{modules}
modparam("jsonrpcs", "transport", 0)
modparam("ctl", "binrpc", "unix:{directory}/ctl")
{routes}
"""

_TLS = """
loadmodule "tls.so"
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "ca_list", "{ca}")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "verify_certificate", 1)
modparam("tls", "require_certificate", {require})
"""


class Kamailio:
    """One Kamailio at its own port; what it does is for who builds on this."""

    def __init__(
        self,
        directory: Path,
        port: int,
        modules: Sequence[str],
        routes: str,
        *,
        tcp: bool = False,
        certificate: CertificateFiles | None = None,
        require: bool = False,
        children: int = 2,
    ) -> None:
        """Start it and wait until it listens and answers `kamcmd`.

        Args:
            directory: for its files; there already.
            port: over UDP.
            routes: the configuration from the modules' parameters on.
            tcp: whether it listens over TCP at that port, too.
            certificate: with one it listens for TLS at the port above, and trusts the authority
                of the tests.
            require: who connects over TLS must show a certificate of that authority.
            children: how many read from a socket.
        """
        self.port = port
        self.tls_port = port + 1
        self._control = directory / "ctl"
        self._sockets = [("udp", port)]
        if tcp:
            self._sockets.append(("tcp", port))
        if certificate is not None:
            self._sockets.append(("tls", self.tls_port))
        loaded = "\n".join(f'loadmodule "{each}.so"' for each in ("jsonrpcs", *modules, "ctl"))
        if certificate is not None:
            loaded += _TLS.format(
                key=certificate.key,
                certificate=certificate.certificate,
                ca=certificate.ca,
                require=int(require),
            )
        config = directory / "kamailio.cfg"
        config.write_text(
            _CONFIG.format(
                children=children,
                no_tcp="yes" if len(self._sockets) == 1 else "no",
                tls="no" if certificate is None else "yes",
                listeners="\n".join(f"listen={kind}:{ADDRESS}:{at}" for kind, at in self._sockets),
                modules=loaded,
                directory=directory,
                routes=routes,
            )
        )
        self._process = ChildProcess(
            "kamailio",
            [
                *("kamailio", "-DD", "-E", "-f", str(config), "-m", "16", "-M", "4"),
                *("-w", str(directory), "-Y", str(directory), "-P", str(directory / "pid")),
            ],
            directory / "log.txt",
        )
        try:
            wait_until(self._is_up, "Kamailio", within_seconds=40)
        except BaseException:
            self.stop()
            raise

    @property
    def sip(self) -> str:
        return f"{ADDRESS}:{self.port}"

    def _is_up(self) -> bool:
        assert self._process.exit_code is None, f"Kamailio ended:\n{self.log()[-5000:]}"
        return self._control.exists() and all(
            is_bound(port, "udp" if kind == "udp" else "tcp") for kind, port in self._sockets
        )

    def rpc(self, *words: str) -> str:
        """Ask it something, as `kamcmd` does."""
        done = subprocess.run(
            ["kamcmd", "-s", f"unix:{self._control}", *words],
            capture_output=True,
            text=True,
            timeout=10,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        return self._process.output()

    def stop(self) -> None:
        """End it; its children end with it."""
        self._process.stop()
