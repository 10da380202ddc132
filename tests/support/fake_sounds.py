"""Prompts that are ready at once, or when the test lets them be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from switch.ivr.call import Prompt


class FakeSounds:
    """Implements `app.caller_sounds.SoundSource`. The file of `Bye.` is `Bye.ulaw`."""

    waiting = "waiting.ulaw"

    def __init__(self, unready: Iterable[Prompt] = ()) -> None:
        self.unready = set(unready)
        """Those that must still be made."""
        self.making: dict[Prompt, asyncio.Future[str]] = {}
        """Those that somebody waits for."""
        self.prepared: list[Prompt] = []
        self.forgotten: list[str] = []

    def path_now(self, prompt: Prompt) -> str | None:
        return None if prompt in self.unready else f"{prompt.text}ulaw"

    async def path_soon(self, prompt: Prompt, owner: str = "") -> str:
        ready = self.path_now(prompt)
        if ready is not None:
            return ready
        loop = asyncio.get_running_loop()
        return await asyncio.shield(self.making.setdefault(prompt, loop.create_future()))

    def prepare(self, prompt: Prompt, owner: str) -> bool:
        if prompt not in self.unready:
            return False
        self.prepared.append(prompt)
        return True

    def forget(self, owner: str) -> None:
        self.forgotten.append(owner)

    def finish(self, prompt: Prompt) -> None:
        """Let it be ready."""
        self.unready.discard(prompt)
        if prompt in self.making:
            self.making[prompt].set_result(f"{prompt.text}ulaw")

    def fail(self, prompt: Prompt, error: Exception) -> None:
        """Let it be impossible."""
        self.making[prompt].set_exception(error)
