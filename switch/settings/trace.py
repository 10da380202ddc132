"""The section `trace` of config/freeline.yaml: how much SIP is kept, and where."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from switch.settings.fields import ConfigPath, Section, place_of
from switch.settings.login import WithPassword
from switch.yaml_wording import complaint_at


class Hep(WithPassword):
    """A Homer collector, with its key: it gets every message as HEP version 3, over UDP."""

    collector: str
    """Address and port: `192.0.2.9:9060` or `[2001:db8::9]:9060`."""
    capture_id: int = Field(default=2001, ge=1, le=2**32 - 1)
    """The number by which Homer knows this switch."""

    @field_validator("collector")
    @classmethod
    def _is_a_place(cls, collector: str) -> str:
        if place_of(collector) is None:
            raise complaint_at(
                f"`{collector[:70]}` is no address with a port",
                "write it like 192.0.2.9:9060, with an address, not a name",
            )
        return collector

    @property
    def place(self) -> tuple[str, int]:
        """Address and port of the collector."""
        found = place_of(self.collector)
        assert found is not None
        return found


class Trace(Section):
    """What `freeline trace` can look back on."""

    enabled: bool = True
    memory_megabytes: int = Field(default=16, ge=1, le=4096)
    directory: ConfigPath | None = Field(default="../var/trace", validate_default=True)
    """Where messages outlive a restart; null: in memory alone."""
    disk_megabytes: int = Field(default=512, ge=16, le=1_000_000)
    """Of calls."""
    upkeep_megabytes: int = Field(default=128, ge=1, le=100_000)
    """On disk, of what headsets say without a call: REGISTER, OPTIONS."""
    strangers_megabytes: int = Field(default=32, ge=1, le=100_000)
    """On disk, of those who are neither trunk nor headset."""
    keep_days: float = Field(default=7, gt=0, le=3650)
    hep: Hep | None = None

    @model_validator(mode="after")
    def _hep_needs_trace(self) -> Self:
        if self.hep is not None and not self.enabled:
            raise complaint_at("`hep` sends what is traced: it needs `enabled: true`", "", "hep")
        return self
