"""PURE: names, keys and numbers as they stand in flow files."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from switch.yaml_wording import complaint_at

Location = tuple[str | int, ...]
"""Where something stands within its node, or within its file."""


class FlowModel(BaseModel):
    """Base of everything in a flow file."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )


def matching(pattern: str, complaint: str, hint: str) -> AfterValidator:
    """Return a validator of texts; `complaint` follows the text in the message."""
    expression = re.compile(pattern)

    def check(value: str) -> str:
        if not expression.fullmatch(value):
            raise complaint_at(f"`{value[:70]}` {complaint}", hint)
        return value

    return AfterValidator(check)


_NAME_HINT = "letters, digits and `_`, not beginning with a digit, 64 at most"

Name = Annotated[str, matching("[A-Za-z_][A-Za-z0-9_]{0,63}", "cannot be a name", _NAME_HINT)]
NodeName = Name
VariableName = Name
OutsideName = Annotated[
    str,
    matching(
        "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
        "cannot be a name",
        "letters, digits, `_`, `-` and `.`, 64 at most",
    ),
]
"""Of what stands elsewhere: queues, skills, tables, agents, trunks, events."""
Key = Annotated[str, matching("[0-9*#]", "is not a key of a telephone", "0 to 9, * or #")]
Language = Annotated[
    str,
    matching(
        "[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", "is not a language", "`en`, `hi`, `pt-BR`; lower case"
    ),
]
Voice = Annotated[str, Field(pattern=r"^[A-Za-z0-9+_-]{0,32}$")]
"""Of espeak-ng."""
Number = Annotated[
    str, matching(r"\+[1-9][0-9]{6,14}", "is not a number in E.164", "`+18005550100`, in quotes")
]
Seconds = Annotated[float, Field(gt=0, le=60)]
"""A short wait of one who is asked."""


def listed(value: object) -> object:
    """Return a list, also for what was given alone."""
    return value if isinstance(value, list | tuple) or value is None else [value]


Listed: BeforeValidator = BeforeValidator(listed)
"""One thing stands for a list of one."""
