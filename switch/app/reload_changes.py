"""PURE: what a configuration that is read again has changed, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from switch.settings import Settings

Changes = Mapping[str, tuple[str, ...]]
"""`agents_added`, `agents_changed`, `agents_removed`, the same of `queues`, `trunks` and `numbers`,
and `settings_changed`: names, in the order of the files."""

_SETTINGS = ("number_languages", "dialled_number")
"""Sections without names in them that are in force at once."""


def compare(old: Settings, new: Settings) -> Changes:
    """Return what differs, but for what only a restart takes over."""
    return {
        **_named(
            "agents", {each.id: each for each in old.agents}, {each.id: each for each in new.agents}
        ),
        **_named(
            "queues",
            {each.name: each for each in old.queues},
            {each.name: each for each in new.queues},
        ),
        **_named(
            "trunks",
            {each.name: each for each in old.trunks},
            {each.name: each for each in new.trunks},
        ),
        **_named("numbers", old.numbers, new.numbers),
        "settings_changed": tuple(
            name for name in _SETTINGS if getattr(old, name) != getattr(new, name)
        ),
    }


def names(changes: Changes) -> Iterator[str]:
    """Yield each as an event tells it: `agent NAME`, `trunk NAME`, `setting NAME`."""
    for what, changed in changes.items():
        kind = what.partition("_")[0].removesuffix("s")
        yield from (f"{kind} {name}" for name in changed)


def _named(
    what: str, old: Mapping[str, object], new: Mapping[str, object]
) -> dict[str, tuple[str, ...]]:
    return {
        f"{what}_added": tuple(name for name in new if name not in old),
        f"{what}_changed": tuple(
            name for name, each in new.items() if name in old and old[name] != each
        ),
        f"{what}_removed": tuple(name for name in old if name not in new),
    }
