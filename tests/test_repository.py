"""The repository as a whole: versions agree, documents are true, nothing private is in it."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer.main
import typer.testing

from switch.cli import app

ROOT = Path(__file__).parents[1]


def tracked_files() -> list[Path]:
    """Return the files that are in version control, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    if listed.returncode:  # a source archive without version control
        files = [file for file in ROOT.rglob("*") if ".venv" not in file.parts]
    else:
        files = [ROOT / name for name in listed.stdout.splitlines()]
    return [file for file in files if file.is_file()]


FILES = tracked_files()
DOCUMENTS = [file for file in FILES if file.suffix == ".md"]


def text_files() -> list[tuple[Path, str]]:
    """Return every tracked file that is text, with its text."""
    found = []
    for file in FILES:
        try:
            found.append((file.relative_to(ROOT), file.read_text()))
        except UnicodeDecodeError:
            continue
    return found


TEXTS = text_files()


class TestVersion:
    @pytest.fixture
    def version(self) -> str:
        with (ROOT / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])

    def test_of_the_package(self, version: str) -> None:
        package = ast.parse((ROOT / "switch" / "__init__.py").read_text())
        told = [
            node.value.value
            for node in ast.walk(package)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and any(
                isinstance(name, ast.Name) and name.id == "__version__" for name in node.targets
            )
        ]
        assert told in ([], [version])

    def test_of_the_command(self, version: str) -> None:
        finished = typer.testing.CliRunner().invoke(app, ["--version"])
        assert finished.exit_code == 0
        assert version in finished.output

    def test_in_the_change_log(self, version: str) -> None:
        headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
        assert any(version in each or each == "Unreleased" for each in headings)

    def test_in_the_readme_if_it_names_one(self, version: str) -> None:
        named = re.findall(r"freeline[ =]{1,2}v?(\d+\.\d+\.\d+)", (ROOT / "README.md").read_text())
        assert set(named) <= {version}


def console_examples() -> list[tuple[str, str]]:
    """Return every `freeline ...` line of an indented or fenced block in a document."""
    found = []
    for file in DOCUMENTS:
        fenced = False
        for line in file.read_text().splitlines():
            if line.startswith("```"):
                fenced = not fenced
            match = re.match(r"^\s*(?:\$ )?(freeline .+)$", line)
            if match and (fenced or line.startswith("    ")):
                found.append((str(file.relative_to(ROOT)), match[1]))
    return found


class TestDocuments:
    @pytest.mark.parametrize(("file", "line"), console_examples())
    def test_commands_and_options_in_examples_exist(self, file: str, line: str) -> None:
        words = shlex.split(line.rstrip("\\"), comments=True)[1:]
        command: Any = typer.main.get_command(app)
        while hasattr(command, "commands") and words and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{file}: `{line}`: no command `{words[0]}`"
            command, words = command.commands[words[0]], words[1:]
        options = {name for each in command.params for name in each.opts + each.secondary_opts}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used - options - {"--help"} == set(), f"{file}: `{line}`"

    @pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
    def test_links_lead_somewhere(self, file: Path) -> None:
        targets = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", file.read_text())
        missing = [each for each in targets if not (file.parent / each).exists()]
        assert missing == []

    @pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
    def test_scripts_they_name_exist(self, file: Path) -> None:
        named = set(re.findall(r"(?<![\w/.])(?:\./)?(scripts/[a-z_]+)\b", file.read_text()))
        assert {name for name in named if not (ROOT / name).is_file()} == set()


FORBIDDEN = {
    "a registry's host": re.compile(
        r"\b(?:[\w-]+\.)*(?:" + r"pypi\.org|pythonhosted\.org|npmjs\.|docker\.io|ghcr\.io)"
    ),
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w"),
    "work left for later": re.compile(r"\b(?:" + "TO" + "DO|FIX" + "ME|XX" + "X)\\b"),
    "a private key": re.compile("-----BEGIN (?:[A-Z]+ )?PRIVATE " + "KEY-----"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = FORBIDDEN[what]
    found = [
        f"{file}:{number}: {line.strip()[:100]}"
        for file, text in TEXTS
        if file != Path("tests/test_repository.py")
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


class TestScripts:
    SCRIPTS = tuple(
        file
        for file in FILES
        if file.parent in (ROOT / "scripts", ROOT / ".ci") and file.suffix == ""
    )

    @pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
    def test_can_be_run(self, script: Path) -> None:
        assert os.access(script, os.X_OK)
        assert script.read_text().startswith("#!/usr/bin/env ")

    @pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
    def test_has_no_syntax_error(self, script: Path) -> None:
        text = script.read_text()
        if "bash" in text.splitlines()[0]:
            finished = subprocess.run(
                ["bash", "-n", str(script)], capture_output=True, text=True, timeout=30
            )
            assert finished.returncode == 0, finished.stderr
        else:
            ast.parse(text)

    def test_ci_runs_exactly_what_a_person_runs(self) -> None:
        lines = (ROOT / ".ci" / "run").read_text().splitlines()
        assert len(lines) == 2
        assert lines[1].endswith('/../scripts/test"')


class TestPackage:
    def test_python_versions_agree(self) -> None:
        with (ROOT / "pyproject.toml").open("rb") as file:
            project = tomllib.load(file)
        assert project["tool"]["mypy"]["python_version"] == "3.11"
        assert project["tool"]["ruff"]["target-version"] == "py311"
        assert project["project"]["requires-python"].startswith(">=3.11")

    def test_every_dependency_is_bounded_on_both_sides(self) -> None:
        with (ROOT / "pyproject.toml").open("rb") as file:
            project = tomllib.load(file)["project"]
        extras = project["optional-dependencies"].values()
        loose = [
            each
            for each in [*project["dependencies"], *(one for extra in extras for one in extra)]
            if not re.search(r">=[\d.]+,<[\d.]+", each)
        ]
        assert loose == []

    def test_runs_as_a_module_too(self) -> None:
        finished = subprocess.run(
            [sys.executable, "-m", "switch", "--help"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
        )
        assert finished.returncode == 0
        assert "freeline" in finished.stdout


class TestDockerfile:
    """No engine here to build it: what can be checked by reading is checked."""

    def instructions(self) -> list[tuple[str, str]]:
        text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]

    def test_copies_only_what_exists_and_is_sent_to_the_builder(self) -> None:
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        sent = [line[1:] for line in lines if line.startswith("!")]
        assert "*" in lines
        for instruction, rest in self.instructions():
            if instruction != "COPY" or "--from=" in rest:
                continue
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert any(fnmatch(source, pattern) for pattern in sent), source

    def test_has_two_stages_and_ends_as_nobody_special(self) -> None:
        instructions = self.instructions()
        assert [name for name, _ in instructions].count("FROM") == 2
        users = [rest for name, rest in instructions if name == "USER"]
        assert users == ["freeline"]

    def test_serves_and_is_asked_for_its_health(self) -> None:
        told = dict(self.instructions())
        assert told["ENTRYPOINT"] == '["freeline", "serve"]'
        assert "FREELINE_HEALTH_URL" in told["HEALTHCHECK"]
        assert any("/healthz" in rest for name, rest in self.instructions() if name == "ENV")

    def test_can_speak(self) -> None:
        assert any("espeak-ng" in rest for name, rest in self.instructions() if name == "RUN")

    def test_the_health_check_is_python_that_compiles(self) -> None:
        check = dict(self.instructions())["HEALTHCHECK"]
        code = re.search(r'"-c", "([^"]+)"', check)
        assert code
        compile(code[1], "HEALTHCHECK", "exec")
