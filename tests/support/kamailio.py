"""A real Kamailio in front of the switch: record-routing proxy, edge for headsets, dispatcher."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.certificates import CertificateFiles
from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until

ADDRESS = "127.0.0.1"

_CONFIG = """
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
disable_tcp=no
enable_tls={tls}
auto_aliases=no
dns=no
rev_dns=no
{listeners}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "path.so"
loadmodule "dispatcher.so"
loadmodule "ctl.so"
{modules}
modparam("jsonrpcs", "transport", 0)
modparam("ctl", "binrpc", "unix:{directory}/ctl")
modparam("rr", "enable_full_lr", 1)
modparam("tm", "fr_timer", 3000)
modparam("path", "use_received", 1)
modparam("dispatcher", "list_file", "{directory}/dispatcher.list")
modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_probing_threshold", 1)
modparam("dispatcher", "ds_inactive_threshold", 1)
modparam("dispatcher", "ds_ping_reply_codes", "class=2")

request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (!loose_route()) {{
            if (is_method("ACK") && t_check_trans()) t_relay();
            else if (!is_method("ACK")) sl_send_reply("404", "Not here");
            exit;
        }}
        t_relay();
        exit;
    }}
    t_check_trans();
    if (is_method("REGISTER")) {{
        if (!{add_path}()) {{
            sl_reply_error();
            exit;
        }}
        ds_select_dst("1", "4");
        t_relay();
        exit;
    }}
    if (is_present_hf("Route")) {{
        # From the switch to a headset, along the Path that the REGISTER left. With nothing but
        # our own Route in it, loose_route() takes that out and returns false all the same.
        loose_route();
        record_route();
        t_relay();
        exit;
    }}
    if (is_method("INVITE")) {{
        record_route();
        if (!ds_select_dst("1", "4")) {{
            send_reply("503", "No Switch Is Up");
            exit;
        }}
        t_relay();
        exit;
    }}
    sl_send_reply("405", "Not Here");
}}
"""

_TLS = """
loadmodule "tls.so"
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "ca_list", "{ca}")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "verify_certificate", {verify})
modparam("tls", "require_certificate", 0)
"""


class Kamailio:
    """One Kamailio with its own ports; `targets` are the switches behind it."""

    def __init__(
        self,
        directory: Path,
        ports: PortBlock,
        targets: Sequence[str],
        *,
        transport: str = "udp",
        certificate: CertificateFiles | None = None,
        nat: bool = False,
    ) -> None:
        """Start it and wait until it answers.

        Args:
            targets: `host:port` of each switch.
            transport: by which the switches are reached.
            certificate: with one it listens for TLS too, at the port above, and trusts the
                authority of the tests.
            nat: headsets are reached where they registered from, not at their contact.
        """
        directory.mkdir(parents=True)
        self.port = ports.take(2)
        self.tls_port = self.port + 1
        self._control = directory / "ctl"
        listeners = [f"listen={each}:{ADDRESS}:{self.port}" for each in ("udp", "tcp")]
        modules = ""
        if certificate is not None:
            listeners.append(f"listen=tls:{ADDRESS}:{self.tls_port}")
            modules = _TLS.format(
                key=certificate.key,
                certificate=certificate.certificate,
                ca=certificate.ca,
                verify=1,
            )
        suffix = "" if transport == "udp" else f";transport={transport}"
        (directory / "dispatcher.list").write_text(
            "".join(f"1 sip:{target}{suffix} 0 {-each}\n" for each, target in enumerate(targets))
        )
        config = directory / "kamailio.cfg"
        config.write_text(
            _CONFIG.format(
                listeners="\n".join(listeners),
                modules=modules,
                directory=directory,
                add_path="add_path_received" if nat else "add_path",
                tls="no" if certificate is None else "yes",
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
        wait_until(self._answers, "Kamailio answers")

    @property
    def sip(self) -> str:
        return f"{ADDRESS}:{self.port}"

    def _answers(self) -> bool:
        assert self._process.exit_code is None, f"Kamailio ended:\n{self.log()[-5000:]}"
        if not self._control.exists():
            return False
        with socket.socket() as probe:
            return probe.connect_ex((ADDRESS, self.port)) == 0

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

    def target_flags(self) -> dict[str, str]:
        """Return each switch's `host:port` and its flags: `AP` is up and probed, `IP` is not."""
        found, uri = {}, ""
        for line in self.rpc("dispatcher.list").splitlines():
            name, _, value = line.strip().partition(": ")
            if name == "URI":
                uri = value.removeprefix("sip:").partition(";")[0]
            elif name == "FLAGS":
                found[uri] = value
        return found

    def wait_for_target(self, target: str, flags: str) -> None:
        """Wait until its probes have found this out."""
        wait_until(
            lambda: self.target_flags().get(target) == flags, f"{target} is {flags}", every=0.2
        )

    def log(self) -> str:
        return self._process.output()

    def stop(self) -> None:
        """End it; its children end with it."""
        self._process.stop()
