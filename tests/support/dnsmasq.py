"""dnsmasq as a process: a name server that this project did not write, with records to order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp import is_bound


class Dnsmasq:
    """One name server on 127.0.0.1; it knows its own records and asks nobody else."""

    def __init__(self, directory: Path, ports: PortBlock) -> None:
        self.port = ports.take()
        self._directory = directory
        self._process: ChildProcess | None = None

    def serve(self, *records: str, ttl: int = 60) -> None:
        """Answer with these records from now on, each a `dnsmasq` option without dashes.

        For example `host-record=sip.example,192.0.2.1`,
        `srv-host=_sip._udp.example,one.example,5060,0,10` (port, priority, weight),
        `naptr-record=example,100,50,s,SIP+D2U,,_sip._udp.example`.
        """
        self.stop()
        self._process = ChildProcess(
            "dnsmasq",
            [
                *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file"),
                *(f"--port={self.port}", "--listen-address=127.0.0.1", "--bind-interfaces"),
                *("--no-resolv", "--no-hosts", "--local=/example/", f"--local-ttl={ttl}"),
                *("--user=root", "--log-facility=-", "--log-queries"),
                *(f"--{record}" for record in records),
            ],
            self._directory / "dnsmasq.log",
        )
        process = self._process
        wait_until(
            lambda: is_bound(self.port, "udp") or process.exit_code is not None, "the name server"
        )
        assert process.exit_code is None, process.output()

    def stop(self) -> None:
        """Answer nobody any more: its port is closed."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def questions(self) -> Sequence[str]:
        """Return what it has been asked, in order: `query[SRV] _sip._udp.example`."""
        log = (self._directory / "dnsmasq.log").read_text()
        lines = [line.partition("query[")[2] for line in log.splitlines() if "query[" in line]
        return [f"query[{line.partition(' from ')[0]}" for line in lines]
