"""What espeak-ng makes of a text: its phonemes, to see that it is read as meant."""

from __future__ import annotations

import re
import subprocess


def phonemes(text: str, voice: str) -> str:
    """Return the phonemes without stress and pauses, words joined by one space."""
    finished = subprocess.run(
        ["espeak-ng", "-q", "-x", "-v", voice, "--stdin"],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=30,
    )
    said = finished.stdout.decode()
    # Stress depends on the neighbours; `_!` is a short break, `(en)` a change of voice's rules.
    plain = re.sub(r"_[!:]+|_:|\([a-z]+\)|['’,;%=]", "", said)
    return " ".join(plain.split())
