"""PURE: recorded prompts by language: which file is heard for a name, and what is missing.

Files lie in `LANGUAGE/NAME.wav` below one directory: `hi/welcome.wav`, `es-MX/menu/main.flac`.
A prompt is asked for by its name without language and ending; the first language of a caller's
chain that has it is heard. Whoever reads the directory hands in the paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from switch.frozen import frozen
from switch.speech.languages import chain

ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff")
"""Of sound files; of two that differ in nothing else, the one further left is heard."""


@frozen()
class Recorded:
    """The file that is heard for a name."""

    path: str
    """Below the set's directory, with `/`."""
    language: str
    """Of the directory it was found in; may be another than was asked for."""


@frozen()
class MissingPrompt:
    """A name that a language has no file for."""

    name: str
    language: str
    instead: Recorded | None
    """What is heard in its place; None: nothing."""


class PromptSet:
    """The recorded prompts of a site."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Sort files by language and name; what is no sound file of a language is left out.

        Args:
            paths: below the set's directory, with `/`.
        """
        self._paths: dict[str, dict[str, str]] = {}
        found = (PurePosixPath(path) for path in paths)
        known = (path for path in found if path.suffix.lower() in ENDINGS and len(path.parts) > 1)
        for path in sorted(known, key=lambda each: ENDINGS.index(each.suffix.lower())):
            (language, *_), name = path.parts, str(PurePosixPath(*path.parts[1:]).with_suffix(""))
            self._paths.setdefault(chain(language)[0], {}).setdefault(name, str(path))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have any prompt, sorted."""
        return tuple(sorted(self._paths))

    @property
    def names(self) -> tuple[str, ...]:
        """The names that any language has, sorted."""
        return tuple(sorted({name for names in self._paths.values() for name in names}))

    def find(self, name: str, languages: Iterable[str]) -> Recorded | None:
        """Return what is heard for a name.

        Args:
            name: without language and ending: `welcome`, `menu/main`.
            languages: best first; a region's language is followed by the language itself.
        """
        for each in (tried for code in languages for tried in chain(code)):
            path = self._paths.get(each, {}).get(name)
            if path is not None:
                return Recorded(path, each)
        return None

    def missing(
        self,
        names: Iterable[str],
        languages: Iterable[str],
        fallback: Mapping[str, Iterable[str]] | Iterable[str] = (),
    ) -> list[MissingPrompt]:
        """Return each name that a language has no file of its own for, by name.

        Args:
            names: those that flows use.
            languages: those that callers may have.
            fallback: what is tried after a language, for each of them or for all.
        """
        found = []
        wanted = list(languages)
        shared = () if isinstance(fallback, Mapping) else tuple(fallback)
        for name in sorted(set(names)):
            for language in wanted:
                if self.find(name, [language]) is not None:
                    continue
                after = fallback.get(language, ()) if isinstance(fallback, Mapping) else shared
                found.append(MissingPrompt(name, language, self.find(name, after)))
        return found
