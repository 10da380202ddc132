"""Passwords and logins as sections have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from switch.settings.fields import Surroundings
from switch.settings.login import Login, WithPassword

SURROUNDINGS = Surroundings(Path("/etc/freeline"), {"HELD": "secret", "EMPTY": ""})


def login(**data: Any) -> Login:
    return Login.model_validate(data, context=SURROUNDINGS)


def test_a_password_stands_in_the_file_or_in_the_environment() -> None:
    for data in ({"password": "secret"}, {"password_env": "HELD"}):
        section = WithPassword.model_validate(data, context=SURROUNDINGS)
        assert section.password is not None
        assert section.password.get_secret_value() == "secret"
    assert WithPassword.model_validate({}).password is None


def test_a_login_has_both_parts() -> None:
    assert login(username="us", password_env="HELD").login() == ("us", "secret")
    assert login().login() is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"password": "a", "password_env": "HELD"}, "either `password` or `password_env`"),
        ({"password_env": "EMPTY"}, "the environment variable EMPTY is not set"),
        ({"password_env": "MISSING"}, "the environment variable MISSING is not set"),
        ({"username": "us"}, "need each other"),
        ({"password": "secret"}, "need each other"),
    ],
)
def test_what_is_not_whole_is_refused_and_tells_no_secret(
    data: dict[str, str], message: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        login(**data)
    assert message in str(refused.value)
    assert "secret" not in str(refused.value)
