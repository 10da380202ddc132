"""A real Kamailio as a carrier: registrar with digest, proxy to who registered and to outside."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.certificates import CertificateFiles
from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp import is_bound

_CONFIG = """
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
disable_tcp={no_tcp}
enable_tls={tls}
auto_aliases=no
dns=no
rev_dns=no
alias="carrier.example"
listen=udp:127.0.0.1:{port}
{listeners}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "ctl.so"
{modules}
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
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) {{
            t_relay();
            exit;
        }}
        if (is_method("ACK") && t_check_trans()) {{
            t_relay();
            exit;
        }}
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
        {record_route}
        if ($rU =~ "^[+]") {{
            $du = "sip:127.0.0.1:{outside}";
            t_relay();
            exit;
        }}
        if (!lookup("location")) {{
            sl_send_reply("404", "Not Found");
            exit;
        }}
    }}
    t_relay();
}}
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
        certificate: CertificateFiles | None = None,
        require: bool = False,
        outside: int = 0,
    ) -> None:
        """Start it and wait until it listens.

        Args:
            port: 0 takes a free one.
            min_expires: shorter registrations get 423.
            certificate: with one it listens for TLS too, at the port above.
            require: who connects over TLS must show a certificate of the tests' authority.
            outside: port of who gets the calls to telephone numbers, over UDP.
        """
        directory.mkdir(parents=True)
        self.port = port or ports.take(2)
        self.tls_port = self.port + 1
        listeners = modules = ""
        if certificate is not None:
            listeners = f"listen=tls:127.0.0.1:{self.tls_port}"
            modules = _TLS.format(
                key=certificate.key,
                certificate=certificate.certificate,
                ca=certificate.ca,
                require=int(require),
            )
        self._control = directory / "ctl"
        config = directory / "kamailio.cfg"
        config.write_text(
            _CONFIG.format(
                port=self.port,
                directory=directory,
                password=password,
                min_expires=min_expires,
                listeners=listeners,
                modules=modules,
                no_tcp="yes" if certificate is None else "no",
                tls="no" if certificate is None else "yes",
                record_route="" if certificate is None else "record_route();",
                outside=outside,
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
