"""PURE: something to hear, as flows hand it to the call."""

from __future__ import annotations

from switch.frozen import frozen


@frozen()
class Prompt:
    """A sound file or a text to speak: exactly one of the two."""

    file: str = ""
    """Absolute path of a sound file, or empty."""
    text: str = ""
    """Text to speak, or empty. Values are already in words of `language`."""
    voice: str = ""
    """espeak-ng voice for `text`, for example `en-us`; empty for the site's voice of
    `language`, or its default."""
    language: str = ""
    """The language of `text`, for example `mr`; empty: the site's."""
    made_for_call: bool = False
    """The text holds values of this call and became known only now: it is rendered when it
    is played. All other prompts of a flow are in `Flow.prompts()` and ready before any call."""

    @property
    def title(self) -> str:
        """What a person calls it: the file's name or the text.

        Safe for logs and events: a secret is masked before it becomes part of a text.
        """
        return self.text or self.file.rpartition("/")[2]
