"""What the switch is told for a benchmark, and the messages that it is to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from configuration import NUMBER, PROMPT_NUMBER, TALK_NUMBER, Site
from parse import reader
from sip_samples import SAMPLES

from switch.app.plan import load_plan_flows
from switch.settings import load_settings


class TestSite:
    def test_is_a_configuration_that_the_switch_takes(self, tmp_path: Path) -> None:
        site = Site(headset_port=5080, agents=3, talk_port=5082, talk_agents=2, accounts=4)
        settings = load_settings(site.write(tmp_path))
        load_plan_flows(settings)
        assert set(settings.numbers) == {NUMBER, PROMPT_NUMBER, TALK_NUMBER}
        assert settings.warnings == ()
        ids = [agent.id for agent in settings.agents]
        assert ids[:3] == ["agent0001", "agent0002", "agent0003"]
        assert ids[3:5] == ["talker0001", "talker0002"]
        assert ids[5:] == ["load0001", "load0002", "load0003", "load0004"]

    def test_who_registers_has_the_password_that_sipp_knows(self, tmp_path: Path) -> None:
        settings = load_settings(Site(accounts=1).write(tmp_path))
        headset = settings.agents[0].headset
        assert headset is not None
        assert headset.username == "load0001"
        assert headset.password is not None
        assert headset.password.get_secret_value() == "secret-load0001"
        assert settings.sip.digest == ("MD5",)

    def test_nobody_is_needed(self, tmp_path: Path) -> None:
        settings = load_settings(Site().write(tmp_path))
        load_plan_flows(settings)
        assert settings.agents == ()


class TestSamples:
    @pytest.mark.parametrize("kind", SAMPLES)
    def test_are_read_without_an_error(self, kind: str) -> None:
        _, make = SAMPLES[kind]
        read = reader()
        assert len({read(make(number)) for number in range(20)}) == 20
