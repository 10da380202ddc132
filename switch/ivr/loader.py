"""Flow files to flows, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from switch.errors import ConfigurationError, FlowError, Problem
from switch.ivr.ahead import has_values
from switch.ivr.astray import put_right
from switch.ivr.check_calls import (
    calls,
    check_calls,
    check_hand_overs,
    check_recursion,
    in_order,
)
from switch.ivr.check_names import start_of
from switch.ivr.check_prompts import PROMPT_SET, SoundFiles
from switch.ivr.check_secrets import secrets_of
from switch.ivr.check_ways import Summary, summary
from switch.ivr.checker import Known, check_flow
from switch.ivr.keyed_ahead import keyed_ahead
from switch.ivr.models import Flow, FlowFile
from switch.ivr.prompts import saying
from switch.ivr.size_limits import MAX_BYTES, check_size
from switch.ivr.unread import without_what_is_wrong
from switch.speech import PromptSet, prepare
from switch.yaml_source import YamlSource

__all__ = ["Known", "flow_files", "load_flow", "load_flows", "read_in_part"]


def load_flow(path: Path, known: Known | None = None) -> Flow:
    """Read and check one flow, and the flows beside it that it leads to.

    Args:
        known: what the configuration has; None: names outside of the flows are not checked.

    Raises:
        FlowError: with every problem of all of them.
    """
    library = _Library(path.parent, known)
    library.read(path)
    return library.flows()[path.stem]


def read_in_part(
    path: Path, known: Known | None = None
) -> tuple[FlowFile | None, YamlSource | None, Sequence[Problem]]:
    """Read what can be read of a flow, to be looked at and not to be run.

    Returns:
        The flow with stand-ins for nodes that are wrong, and its source, or None for a file of
        which nothing can be read; and every problem, also of the flows that it leads to.
    """
    library = _Library(path.parent, known)
    library.read(path)
    problems = library.check()
    return *library.part(path.stem), problems


def load_flows(directory: Path, known: Known | None = None) -> dict[str, Flow]:
    """Read and check every flow of a directory, by name.

    Raises:
        FlowError: with every problem of every file.
    """
    library = _Library(directory, known)
    for path in flow_files([directory]):
        library.read(path)
    return library.flows()


def flow_files(paths: Iterable[Path]) -> list[Path]:
    """Return the flow files among these paths and directly in these directories.

    Names with a further dot are other files: `main.scenarios.yaml`.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
            found += [each for each in inside if "." not in each.stem]
        else:
            found.append(path)
    return found


class _Library:
    """Flows of one directory, read on the way to being checked together."""

    def __init__(self, directory: Path, known: Known | None) -> None:
        self._directory = directory
        self._known = known
        self._beside = {path.stem: path for path in flow_files([directory])}
        self._files: dict[str, tuple[FlowFile, YamlSource]] = {}
        self._sounds: dict[str, SoundFiles] = {}
        self._paths: dict[str, Path] = {}
        self._problems: list[Problem] = []
        self._wrong: set[str] = set()
        """Flows of which only a part is checked."""

    def read(self, path: Path) -> None:
        """Read a flow and those that it leads to; keep what is wrong for later."""
        waiting = [path]
        while waiting:
            path = waiting.pop()
            if path.stem in self._paths:
                continue
            self._paths[path.stem] = path
            file = self._parsed(path)
            if file is not None:
                named = [each for node in file.nodes.values() for each in node.names()]
                names = {each.name for each in named if each.kind == "flow"}
                waiting += [self._beside[name] for name in sorted(names) if name in self._beside]

    def _parsed(self, path: Path) -> FlowFile | None:
        told: list[Problem] = []
        try:
            source = YamlSource.load(path, MAX_BYTES, told)
            if too_large := list(check_size(source)):
                raise FlowError(too_large)
            astray = list(put_right(source))
        except ConfigurationError as error:
            self._problems += [*told, *error.problems]
            return None
        lines = {problem.line for problem in astray}
        self._problems += [*astray, *(problem for problem in told if problem.line not in lines)]
        wrong: ValidationError | None = None
        file: FlowFile | None = None
        try:
            file = FlowFile.model_validate(source.data)
        except ValidationError as error:
            self._problems += source.problems(error, FlowFile)
            wrong = error
        if wrong is not None or source.repeated or source.gaps or astray:
            self._wrong.add(path.stem)
            file = without_what_is_wrong(source, wrong)
        if file is None:
            return None
        self._files[path.stem] = file, source
        return file

    def part(self, name: str) -> tuple[FlowFile, YamlSource] | tuple[None, None]:
        """Return what was read of a flow."""
        return self._files.get(name, (None, None))

    def check(self) -> Sequence[Problem]:
        """Check everything together and return all that is wrong."""
        self._problems += check_recursion(self._files)
        summaries = self._summaries()
        self._problems += check_hand_overs(self._files, summaries)
        flows = sorted({*self._beside, *self._files})
        for name, (file, source) in self._files.items():
            self._problems += check_calls(name, file, source, summaries, flows)
            sounds = self._sounds[name] = self._sound_files(file)
            self._problems += check_flow(file, source, sounds, self._known, summaries)
        return sorted(self._problems)

    def flows(self) -> dict[str, Flow]:
        """Check everything together and return the flows by name. Raises FlowError."""
        if problems := self.check():
            raise FlowError(problems)
        ahead = keyed_ahead({name: file for name, (file, _) in self._files.items()})
        built = {name: self._built(name, self._sounds[name], ahead[name]) for name in self._files}
        for name, (file, _) in self._files.items():
            for node in file.nodes.values():
                for each in node.names():
                    if each.kind == "flow":
                        built[name].others[each.name] = built[each.name]
        for _, source in self._files.values():
            source.forget()
        return built

    def _summaries(self) -> Mapping[str, Summary]:
        """Return what the flows do, as far as they and those that they call are read."""
        found: dict[str, Summary] = {}
        for name in in_order(self._files):
            file, _ = self._files[name]
            if name not in self._wrong and all(flow in found for _, flow in calls(file)):
                found[name] = summary(file, found)
        return found

    def _sound_files(self, file: FlowFile) -> SoundFiles:
        """Look for the sound files that a flow names, and list the prompt set if it has one."""
        prompts = [each for node in file.nodes.values() for _, each in node.all_prompts()]
        named = {path for each in prompts for path in (each.file or {}).values()}
        there = frozenset(path for path in named if (self._directory / path).is_file())
        prompt_set = self._directory / PROMPT_SET
        recorded = (
            [path.relative_to(prompt_set).as_posix() for path in prompt_set.rglob("*.*")]
            if any(each.named is not None for each in prompts)
            else []
        )
        return SoundFiles(str(self._directory.absolute()), there, PromptSet(recorded))

    def _built(self, name: str, sounds: SoundFiles, ahead: frozenset[str]) -> Flow:
        file, _ = self._files[name]
        voices = file.voices()
        templates = [
            template
            for node in file.nodes.values()
            for _, prompt in node.all_prompts()
            for _, template in prompt.templates()
        ]
        templates += [each for node in file.nodes.values() for _, each in node.expressions()]
        speaks = frozenset(voices.languages if any(each.speaks for each in templates) else ())
        prepare(speaks)
        sayings = {
            prompt: saying(prompt, voices, sounds.files(prompt, voices))
            for node in file.nodes.values()
            for _, prompt in node.all_prompts()
        }
        return Flow(
            name=name,
            path=self._paths[name],
            description=file.description,
            start=start_of(file),
            nodes=file.nodes,
            sayings=sayings,
            voices=voices,
            on_error=file.on_error,
            on_hangup=file.on_hangup,
            on_fax=file.on_fax,
            early_media=file.early_media,
            secrets=secrets_of(file),
            ahead=ahead,
            speaks=speaks,
            ways={
                title: {way.name: way.target for way in node.exits()}
                for title, node in file.nodes.items()
            },
            has_values=has_values(sayings),
        )
