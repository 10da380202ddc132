"""A real Kamailio as a carrier's registrar: digest, bindings in memory, calls to who registered."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp import is_bound

_CONFIG = """
debug=2
log_stderror=yes
fork=yes
children=2
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
alias="carrier.example"
listen=udp:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "ctl.so"
modparam("jsonrpcs", "transport", 0)
modparam("ctl", "binrpc", "unix:{directory}/ctl")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 0)
modparam("registrar", "max_expires", 3600)

request_route {{
    if (is_method("OPTIONS")) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("carrier.example", "{password}", "0")) {{
            www_challenge("carrier.example", "0");
            exit;
        }}
        if ($hdr(Expires) != "0" && $(hdr(Expires){{s.int}}) < {min_expires}) {{
            append_to_reply("Min-Expires: {min_expires}\\r\\n");
            sl_send_reply("423", "Interval Too Brief");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("INVITE") && !has_totag()) {{
        if (!lookup("location")) {{
            sl_send_reply("404", "Not Found");
            exit;
        }}
    }}
    t_relay();
}}
"""


class KamailioRegistrar:
    """One registrar. `gate@carrier.example` registers with `password`, as anybody does."""

    def __init__(
        self,
        directory: Path,
        ports: PortBlock,
        password: str,
        *,
        port: int = 0,
        min_expires: int = 20,
    ) -> None:
        """Start it and wait until it listens.

        Args:
            port: 0 takes a free one.
            min_expires: shorter registrations get 423.
        """
        directory.mkdir(parents=True)
        self.port = port or ports.take()
        self._control = directory / "ctl"
        config = directory / "kamailio.cfg"
        config.write_text(
            _CONFIG.format(
                port=self.port, directory=directory, password=password, min_expires=min_expires
            )
        )
        self._process = ChildProcess(
            "kamailio",
            [
                *("kamailio", "-DD", "-E", "-f", str(config), "-m", "16", "-M", "4"),
                *("-Y", str(directory), "-P", str(directory / "pid")),
            ],
            directory / "log.txt",
        )
        wait_until(
            lambda: is_bound(self.port, "udp") or self._process.exit_code is not None,
            "Kamailio's socket",
        )
        assert self._process.exit_code is None, self._process.output()

    def contacts(self) -> list[str]:
        """Return who is registered, as Kamailio itself tells."""
        done = subprocess.run(
            ["kamcmd", "-s", f"unix:{self._control}", "ul.dump"],
            capture_output=True,
            text=True,
            timeout=10,
        )
        return [
            line.partition(":")[2].strip()
            for line in done.stdout.splitlines()
            if line.strip().startswith("Address:")
        ]

    def stop(self) -> None:
        """End it."""
        self._process.stop()
