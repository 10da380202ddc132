"""A real Kamailio as a carrier: registrar with digest, proxy to who registered and to outside."""

from __future__ import annotations

from pathlib import Path

from tests.support.certificates import CertificateFiles
from tests.support.kamailio import PROXY, Kamailio
from tests.support.ports import PortBlock

_ROUTES = """
alias="carrier.example"
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


class KamailioRegistrar(Kamailio):
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
        super().__init__(
            directory,
            port or ports.take(2),
            (*PROXY, "usrloc", "registrar", "auth"),
            _ROUTES.format(
                password=password,
                min_expires=min_expires,
                record_route="" if certificate is None else "record_route();",
                outside=outside,
            ),
            certificate=certificate,
            require=require,
        )

    def contacts(self) -> list[str]:
        """Return who is registered, as Kamailio itself tells."""
        return [
            line.partition(":")[2].strip()
            for line in self.rpc("ul.dump").splitlines()
            if line.strip().startswith("Address:")
        ]
