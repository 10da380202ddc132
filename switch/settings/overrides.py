"""Single values that are laid over a configuration file: `--set section.key=VALUE`."""

from __future__ import annotations

from typing import Any

from switch.errors import ConfigurationError, Problem
from switch.yaml_source import Location, YamlSource


class OverriddenSource(YamlSource):
    """A file with such values over it: what is wrong with one is told of it, not of the file."""

    def __init__(self, path: str, data: Any, spots: Any) -> None:
        super().__init__(path, data, spots)
        self._origins: dict[tuple[str, ...], str] = {}
        """Location of a value -> where it comes from."""

    def lay_over(self, keys: tuple[str, ...], value: Any) -> None:
        """Put a value in place; sections that are not there are made."""
        place = self.data
        if not isinstance(place, dict):
            return  # which is wrong enough
        for key in keys[:-1]:
            below = place.get(key)
            if not isinstance(below, dict):
                below = place[key] = {}
            place = below
        place[keys[-1]] = value
        self._origins[keys] = origin(keys)

    def problem(
        self, location: Location, message: str, hint: str = "", *, key: bool = False
    ) -> Problem:
        """Return a problem placed at a value, in the file or on the command line."""
        for depth in range(len(location)):
            told = self._origins.get(tuple(str(step) for step in location[: depth + 1]))
            if told is not None:
                return Problem(told, 0, 0, message, hint)
        return super().problem(location, message, hint, key=key)


def origin(keys: tuple[str, ...]) -> str:
    """Return how a problem names an override; its value may be a secret."""
    return f"--set {'.'.join(keys)}"


def read_override(override: str) -> tuple[tuple[str, ...], Any]:
    """Return the keys and the value of `section.key=VALUE`; VALUE is YAML.

    Raises:
        ConfigurationError: it is not like that.
    """
    path, equals, text = override.partition("=")
    keys = tuple(path.strip().split("."))
    if not equals or not all(keys):
        raise ConfigurationError(
            [Problem(f"--set {override}", 0, 0, "is not like section.key=VALUE")]
        )
    return keys, YamlSource.parse(text, origin(keys)).data
