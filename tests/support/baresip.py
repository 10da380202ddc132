"""baresip as a process: a headset that answers by itself, or a caller, without a sound card."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from switch.phone.tone import write_tone
from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until

_CONFIG = """
poll_method epoll
call_max_calls 4
sip_listen {address}:{port}
{tls}
net_interface {host}
audio_source aufile,{directory}/says.wav
audio_player aufile,{directory}/heard.wav
audio_alert aufile,{directory}/alert.wav
audio_channels 1
audio_srate 8000
ausrc_srate 8000
auplay_srate 8000
rtp_ports {rtp}-{rtp_end}
snd_path {directory}/heard
ctrl_tcp_listen {control_address}:{control}
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module aufile.so
module sndfile.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
"""


@dataclass
class Baresip:
    """One baresip."""

    name: str
    process: ChildProcess
    control: int
    """TCP port for commands."""
    directory: Path

    def command(self, name: str, parameters: str = "") -> None:
        """Have it do something: `hold`, `resume`, `transfer` with a URI, `hangup`."""
        body = json.dumps({"command": name, "params": parameters}).encode()
        with socket.create_connection(("127.0.0.1", self.control), timeout=10) as connection:
            connection.sendall(b"%d:%s," % (len(body), body))
            answer = b""
            while b'"response":true' not in answer and (part := connection.recv(4096)):
                answer += part  # events come in between
        assert b'"ok":true' in answer, f"{self.name}: {name}: {answer!r}"

    def heard(self) -> Path:
        """Return the recording of what it heard in its last call."""
        recordings = (self.directory / "heard").glob("*-dec.wav")
        return max(recordings, key=lambda path: path.stat().st_mtime)

    def wait_for(self, text: str, within_seconds: float = 20) -> None:
        """Wait until it has said this."""

        def said() -> bool:
            found = text in self.process.output()
            assert found or self.process.exit_code is None, (
                f"{self.name} ended without `{text}`:\n{self.process.output()}"
            )
            return found

        try:
            wait_until(said, f"{self.name}: {text}", within_seconds=within_seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.process.output()[-4000:]}") from None


@dataclass
class BaresipFactory:
    """Starts baresips for one test and ends them all with it."""

    directory: Path
    ports: PortBlock
    running: list[Baresip] = field(default_factory=list)

    def start(
        self,
        name: str,
        account: str,
        *,
        address: str = "127.0.0.1",
        ca: Path | None = None,
        commands: Sequence[str] = (),
        hertz: float = 440,
        settings: Sequence[str] = (),
    ) -> Baresip:
        """Start one.

        Args:
            account: as in baresip's `accounts`: `<sip:asha@...>;auth_pass=...;answermode=auto`.
            ca: who must have issued the certificate of whom it connects to.
            commands: for its menu: `/dial sip:...`.
            hertz: the tone that it says.
            settings: more lines of its configuration: `module srtp.so`.
        """
        directory = self.directory / name
        (directory / "heard").mkdir(parents=True)
        control = self.ports.take()
        rtp = self.ports.take(10)
        (directory / "config").write_text(
            _CONFIG.format(
                address=f"[{address}]" if ":" in address else address,
                host=address,
                port=self.ports.take(2),
                directory=directory,
                rtp=rtp,
                rtp_end=rtp + 9,
                control_address="127.0.0.1",
                control=control,
                tls="" if ca is None else f"sip_cafile {ca}",
            )
            + "\n".join([*settings, ""])
        )
        (directory / "accounts").write_text(account + "\n")
        write_tone(directory / "says.wav", hertz, 60)
        (directory / "contacts").write_text("")
        options = ["-6"] if ":" in address else ["-4"]
        options += [part for command in commands for part in ("-e", command)]
        process = ChildProcess(
            name, ["baresip", "-v", "-f", str(directory), *options], directory / "log.txt"
        )
        phone = Baresip(name, process, control, directory)
        self.running.append(phone)
        return phone

    def stop(self) -> None:
        for each in self.running:
            each.process.stop()
