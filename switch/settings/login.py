"""Passwords in configuration files, and the logins that they belong to."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationInfo, model_validator

from switch.settings.fields import Section, surroundings
from switch.yaml_wording import complaint_at


class WithPassword(Section):
    """A section with a password, which may stand in an environment variable instead.

    After validation `password` is there in both cases.
    """

    password: SecretStr | None = None
    password_env: str | None = None
    """Name of the environment variable that holds it."""

    @model_validator(mode="before")
    @classmethod
    def _password_of_environment(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("password_env"), str):
            return data
        name = data["password_env"]
        if data.get("password") is not None:
            raise complaint_at("give either `password` or `password_env`", "", "password_env")
        value = surroundings(info).environment.get(name)
        if not value:
            raise complaint_at(f"the environment variable {name} is not set", "", "password_env")
        return {**data, "password": SecretStr(value)}

    def secret(self) -> str | None:
        """Return the password. Never log it."""
        return None if self.password is None else self.password.get_secret_value()


class Login(WithPassword):
    """A section with a user name and its password: both or none."""

    username: str | None = None

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise complaint_at("`username` and a password need each other", "", "username")
        return self

    def login(self) -> tuple[str, str] | None:
        """Return user name and password, if they are given. Secret: never log it."""
        secret = self.secret()
        return None if self.username is None or secret is None else (self.username, secret)


DigestUsername = Annotated[str, Field(pattern=r'^[^"\\\x00-\x1f]{1,64}$')]
"""What fits into a quoted string of a header."""
