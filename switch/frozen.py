"""Values: dataclasses that are frozen for the type checker and quick to make at run time.

`dataclass(frozen=True)` sets each field through `object.__setattr__`, which makes an object
of ten fields cost three times as much. Calls make hundreds of such objects. Nobody may set
a field all the same, and mypy sees to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast, dataclass_transform

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, kw_only: bool = False) -> Callable[[_Class], _Class]:
    """Make a class a dataclass with slots, compared and hashed by its fields."""
    make = dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)
    return cast(Callable[[_Class], _Class], make)
