"""Fixtures of the integration tests: ports, the switch, its peers, and their certain end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Tab, browser, build_page, served
from tests.support.centre import Centre
from tests.support.certificates import CertificateFiles, write_certificate
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory
from tests.support.site import Site
from tests.support.switch_process import SwitchProcess, serve

StartSwitch = Callable[..., SwitchProcess]


@pytest.fixture(scope="session")
def ports() -> Iterator[PortBlock]:
    """Ports that only this test process uses."""
    block = PortBlock()
    yield block
    block.close()


@pytest.fixture(scope="session")
def prompt_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts are rendered once for all switches of this test process."""
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture
def sipp(tmp_path: Path, ports: PortBlock) -> Iterator[SippFactory]:
    """Starts SIPp processes; whatever still runs at the end is killed."""
    factory = SippFactory(tmp_path / "sipp", ports)
    yield factory
    factory.stop()


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[PhoneFactory]:
    """Starts phones of pjsua2; whatever still runs at the end is killed."""
    pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
    factory = PhoneFactory(tmp_path / "phones")
    factory.directory.mkdir()
    yield factory
    factory.stop()


@pytest.fixture
def start_switch(tmp_path: Path, ports: PortBlock, prompt_cache: Path) -> Iterator[StartSwitch]:
    """Starts a switch for a `Site`, given as keywords; asserts its clean end.

    `environment` is the process's own.
    """
    running: list[SwitchProcess] = []

    def start(*, environment: Mapping[str, str] | None = None, **site: Any) -> SwitchProcess:
        switch = serve(
            Site(**site),
            tmp_path / f"switch{len(running) + 1}",
            ports=ports,
            prompt_cache=prompt_cache,
            environment=environment,
        )
        running.append(switch)
        return switch

    yield start
    try:
        for switch in running:
            switch.finish()
    finally:
        for switch in running:
            switch.process.kill()


@pytest.fixture
def centre(tmp_path: Path, ports: PortBlock, prompt_cache: Path) -> Iterator[Centre]:
    """A switch to be killed and started again."""
    rtp_ports = PortBlock()  # a hundred streams take a block of their own
    centre = Centre(tmp_path, ports, prompt_cache, ports.take(2), rtp_ports.take(240))
    yield centre
    rtp_ports.close()
    centre.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """What the switch shows, and the browser trusts."""
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a page with telephones in it."""
    return build_page(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def desk(page: Path) -> Iterator[str]:
    """The origin of the page that the switch lets in."""
    with served(page) as origin:
        yield origin


@pytest.fixture(scope="module")
def chromium(
    tmp_path_factory: pytest.TempPathFactory, certificate: CertificateFiles
) -> Iterator[Tab]:
    """A browser, with one tab."""
    directory = tmp_path_factory.mktemp("chromium")
    with browser(directory, trusts=[certificate.certificate]) as tab:
        yield tab


@pytest.fixture
def tab(chromium: Tab, desk: str) -> Iterator[Tab]:
    """The page, loaded anew."""
    chromium.visit(desk)
    yield chromium
    chromium.leave()
