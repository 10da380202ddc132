"""A real Kamailio in front of the switch: record-routing proxy, edge for headsets, dispatcher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.certificates import CertificateFiles
from tests.support.kamailio import PROXY, Kamailio
from tests.support.ports import PortBlock
from tests.support.processes import wait_until

_ROUTES = """
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


class KamailioEdge(Kamailio):
    """One edge over UDP and TCP; `targets` are the switches behind it."""

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
        """Start it and wait until it listens.

        Args:
            targets: `host:port` of each switch.
            transport: by which the switches are reached.
            certificate: with one it listens for TLS too, at the port above.
            nat: headsets are reached where they registered from, not at their contact.
        """
        directory.mkdir(parents=True)
        suffix = "" if transport == "udp" else f";transport={transport}"
        (directory / "dispatcher.list").write_text(
            "".join(f"1 sip:{target}{suffix} 0 {-each}\n" for each, target in enumerate(targets))
        )
        super().__init__(
            directory,
            ports.take(2),
            (*PROXY, "maxfwd", "path", "dispatcher"),
            _ROUTES.format(
                directory=directory, add_path="add_path_received" if nat else "add_path"
            ),
            tcp=True,
            certificate=certificate,
        )

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
