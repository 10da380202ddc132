"""The shape of `switch/`: who may import whom, what PURE code may touch, file sizes.

The rules are the tables below; everything else only reads the sources and compares.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SWITCH = ROOT / "switch"

LINE_BUDGET = 400

LEAVES = frozenset(
    {
        *("errors", "clock", "collect_end", "deadlines", "frozen", "ids", "termination"),
        *("event", "events", "flow_events", "switch_events"),
        *("public_holidays", "schedule", "stun"),
    }
)
"""Everyone may import these; they import only each other."""

YAML = frozenset(
    {
        *("yaml_source", "yaml_building", "yaml_recovery", "yaml_scalars", "yaml_wording"),
        *("schedule_fields", "skills_fields"),
    }
)
"""Reading YAML files: a leaf for whoever has such files."""

MAY_IMPORT: dict[str, frozenset[str]] = {
    # Leaves.
    **dict.fromkeys(LEAVES, LEAVES),
    "yaml_source": LEAVES | YAML,
    "yaml_building": LEAVES | YAML,
    "yaml_recovery": LEAVES | YAML,
    "yaml_scalars": LEAVES,
    "yaml_wording": LEAVES | YAML,
    "schedule_fields": LEAVES | YAML,
    "skills_fields": LEAVES | YAML,
    "log": LEAVES,
    # PURE: bytes, events and time in; bytes, events and timers out. Never each other.
    "sip": LEAVES,
    "sdp": LEAVES,
    "routing": LEAVES,
    "speech": LEAVES,
    "ivr": LEAVES | YAML | {"speech"},
    # PURE as well, around flows: pictures, and calls in memory.
    "drawing": LEAVES | YAML | {"ivr"},
    "rehearsal": LEAVES | YAML | {"ivr", "calls.digit_reader"},
    "schemas": LEAVES | {"ivr"},
    # One job each.
    "transport": LEAVES | {"sip", "log"},
    "media": LEAVES | {"log"},
    "records": LEAVES | {"log"},
    "telemetry": LEAVES | {"log"},
    "trace": LEAVES | {"log", "sip.peer"},
    "settings": LEAVES | YAML,
    "phone": LEAVES,
    "outside": LEAVES | {"log", "ivr.acts"},
    "routing_profiles": LEAVES | {"routing", "settings"},
    # A call centre on paper: what is simulated is the real router, with the real settings.
    "planning": LEAVES | YAML | {"routing", "routing_profiles", "settings"},
    "trunks": LEAVES | {"calls.srtp_rule", "log", "sdp.crypto", "sip"},
    # Composition.
    "calls": LEAVES | {"log", "sip", "sdp", "media.messages"},
    "app": LEAVES
    | YAML
    | {
        *("calls", "ivr", "log", "media", "outside", "records", "routing", "routing_profiles"),
        *("sdp", "settings", "sip", "speech", "telemetry", "trace", "transport", "trunks"),
    },
    # The command line: one file per command, each knows what it commands.
    "cli": LEAVES
    | {
        *(
            "__version__",
            "telemetry",
            "cli_calls",
            "cli_erlang",
            "cli_flow",
            "cli_headsets",
            "cli_phone",
        ),
        *(
            "cli_bans",
            "cli_routing",
            "cli_serve",
            "cli_simulate",
            "cli_status",
            "cli_trace",
            "cli_trunks",
        ),
    },
    "cli_serve": LEAVES | {"__version__", "app", "log", "settings"},
    "cli_calls": LEAVES | YAML | {"records", "settings"},
    "cli_erlang": LEAVES | {"planning"},
    "cli_simulate": LEAVES | {"cli_erlang", "planning", "records", "settings"},
    "cli_flow": LEAVES
    | YAML
    | {
        *("app", "cli_flow_graph", "cli_flow_problems", "cli_flow_test", "cli_flow_try"),
        *("ivr", "settings"),
    },
    "cli_flow_graph": LEAVES
    | YAML
    | {"cli_flow_problems", "drawing", "ivr", "rehearsal", "schemas", "settings"},
    "cli_flow_problems": LEAVES,
    "cli_flow_results": LEAVES | {"ivr", "rehearsal"},
    "cli_flow_test": LEAVES | {"cli_flow_results"},
    "cli_flow_try": LEAVES
    | {"cli_flow_problems", "cli_flow_results", "cli_flow_walk", "ivr", "rehearsal"},
    "cli_flow_walk": LEAVES | {"rehearsal"},
    "cli_phone": LEAVES | {"phone"},
    "cli_headsets": LEAVES | {"cli_routing_tables", "cli_switch", "control_client"},
    "cli_routing": LEAVES | {"cli_routing_tables", "cli_switch", "control_client"},
    "cli_bans": LEAVES | {"cli_switch", "control_client"},
    "cli_status": LEAVES | {"cli_switch", "control_client"},
    "cli_switch": LEAVES | YAML,
    "cli_routing_tables": LEAVES,
    "cli_trace": LEAVES | {"cli_trace_ladder", "cli_trace_shapes", "cli_trace_source", "trace"},
    "cli_trace_ladder": LEAVES | {"trace"},
    "cli_trace_shapes": LEAVES | {"cli_trace_ladder", "trace"},
    "cli_trace_source": LEAVES | YAML | {"control_client", "trace"},
    "cli_trunks": LEAVES | {"cli_switch", "control_client"},
    "control_client": LEAVES,
    "__main__": frozenset({"cli"}),
    "__init__": frozenset(),
}
"""Package or top-level module of `switch` -> what of `switch` it may import.

A name with a dot allows that one module of a package. Everyone may import itself.
"""

PURE = frozenset({"sip", "sdp", "routing", "ivr", "speech", "drawing", "rehearsal"})
"""Packages that are PURE as a whole; elsewhere a file says so at the start of its docstring."""

IMPURE_MODULES = frozenset(
    {
        *("asyncio", "concurrent", "multiprocessing", "select", "selectors", "signal"),
        *("socket", "ssl", "subprocess", "threading", "time", "random", "secrets"),
        *("uvloop", "watchfiles", "aiohttp", "aiomqtt", "sqlalchemy", "structlog"),
    }
)
"""What PURE code never imports: the world comes in as arguments."""

ONLY_IN: dict[str, frozenset[str]] = {
    "pjsua2": frozenset({"phone"}),
    "aiomqtt": frozenset({"telemetry"}),
    "dns": frozenset({"transport"}),
    "aiosmtplib": frozenset({"outside"}),
    "cryptography": frozenset({"media", "transport"}),
    "OpenSSL": frozenset({"media"}),
    "sqlalchemy": frozenset({"records"}),
    "babel": frozenset({"speech"}),
    "num2words": frozenset({"speech"}),
    "holidays": frozenset({"public_holidays"}),
    "jinja2": frozenset({"ivr"}),
    "uvloop": frozenset({"cli_serve"}),
    "watchfiles": frozenset({"app"}),
    "websockets": frozenset({"transport"}),
    "dpkt": frozenset({"trace"}),
    "soundfile": frozenset({"media", "phone"}),
    "av": frozenset({"media"}),
    "pylibsrtp": frozenset({"media"}),
    "typer": frozenset(
        {
            *("__main__", "cli", "cli_calls", "cli_erlang", "cli_flow", "cli_flow_graph"),
            *("cli_flow_test", "cli_flow_try", "cli_phone", "cli_routing", "cli_serve"),
            *("cli_headsets", "cli_simulate", "cli_switch", "cli_trace", "cli_trace_source"),
            "cli_trunks",
            "cli_bans",
            "cli_status",
        }
    ),
}
"""Library -> the only parts that know it."""


@dataclass(frozen=True)
class Module:
    """One source file and what it imports."""

    name: str
    """Dotted, without `switch.`: `sip.dialog`."""
    docstring: str
    imports: tuple[tuple[str, int], ...]
    """Full dotted names, as imported, with their lines."""
    lines: int

    @property
    def part(self) -> str:
        """Package or top-level module."""
        return self.name.partition(".")[0]

    @property
    def is_pure(self) -> bool:
        return self.part in PURE or self.docstring.startswith("PURE")

    def own_imports(self) -> Iterator[tuple[str, int]]:
        """Yield the imports from `switch`, without that prefix."""
        for name, line in self.imports:
            if name.startswith("switch."):
                yield name.removeprefix("switch."), line


def read_module(name: str, source: str) -> Module:
    """Return what a file imports, in functions and for types too."""
    tree = ast.parse(source)
    imports: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}:{node.lineno}: relative imports hide who imports whom"
            base = node.module or ""
            if base == "switch":
                imports += [(f"switch.{alias.name}", node.lineno) for alias in node.names]
            else:
                imports.append((base, node.lineno))
    return Module(name, ast.get_docstring(tree) or "", tuple(imports), source.count("\n"))


def modules() -> list[Module]:
    """Return all of `switch`."""
    found = []
    for file in sorted(SWITCH.rglob("*.py")):
        name = ".".join(file.relative_to(SWITCH).with_suffix("").parts)
        name = name if name == "__init__" else name.removesuffix(".__init__")
        found.append(read_module(name, file.read_text()))
    return found


MODULES = modules()


def forbidden_imports(module: Module) -> list[str]:
    """Return each import from another part that no rule allows."""
    allowed = MAY_IMPORT.get(module.part, frozenset())
    return [
        f"switch.{module.name}:{line} imports switch.{name}"
        for name, line in module.own_imports()
        if name.partition(".")[0] not in {module.part, *allowed}
        and not any(name == each or name.startswith(f"{each}.") for each in allowed)
    ]


def impure_imports(module: Module) -> list[str]:
    """Return what a PURE module imports although it must not."""
    return [
        f"switch.{module.name}:{line} is PURE and imports {name}"
        for name, line in module.imports
        if module.is_pure and name.partition(".")[0] in IMPURE_MODULES
    ]


def cycle(edges: dict[str, set[str]]) -> list[str]:
    """Return one cycle, as the names along it, or an empty list."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(edges.get(name, ())):
            found = walk(other, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    for name in sorted(edges):
        found = walk(name, [])
        if found:
            return found
    return []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
class TestEachModule:
    def test_its_part_has_a_rule(self, module: Module) -> None:
        assert module.part in MAY_IMPORT, "say in MAY_IMPORT what this new part may import"

    def test_imports_only_what_its_part_may(self, module: Module) -> None:
        assert forbidden_imports(module) == []

    def test_is_pure_if_it_says_so(self, module: Module) -> None:
        assert impure_imports(module) == []

    def test_knows_only_the_libraries_of_its_trade(self, module: Module) -> None:
        strangers = [
            f"switch.{module.name}:{line} imports {name}"
            for name, line in module.imports
            if module.part not in ONLY_IN.get(name.partition(".")[0], {module.part})
        ]
        assert strangers == []

    def test_says_what_it_is_for(self, module: Module) -> None:
        assert module.docstring

    def test_keeps_to_the_line_budget(self, module: Module) -> None:
        assert module.lines <= LINE_BUDGET


def test_no_cycle_between_parts() -> None:
    edges: dict[str, set[str]] = {}
    for module in MODULES:
        others = {name.partition(".")[0] for name, _ in module.own_imports()}
        edges.setdefault(module.part, set()).update(others - {module.part})
    assert cycle(edges) == []


def test_tests_and_scripts_keep_to_the_line_budget() -> None:
    long = [
        str(file.relative_to(ROOT))
        for folder in ("tests", "scripts")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", ".sh", "")
        and file.is_file()
        and "__pycache__" not in file.parts
        and file.read_text(errors="replace").count("\n") > LINE_BUDGET
    ]
    assert long == []


def test_a_media_worker_loads_neither_sip_nor_asyncio() -> None:
    code = (
        "import sys, switch.media.worker\n"
        "bad = [n for n in sys.modules if n == 'asyncio' or n.startswith(("
        "'switch.sip', 'switch.app', 'switch.calls', 'switch.ivr', 'switch.routing'))]\n"
        "sys.exit(repr(bad) if bad else 0)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert finished.returncode == 0, finished.stderr


class TestTheRulesThemselves:
    """That a breach would be seen."""

    def test_a_forbidden_import_is_found_even_inside_a_function(self) -> None:
        source = "def f():\n    from switch.app.service import Service\n"
        found = forbidden_imports(read_module("sip.dialog", source))
        assert found == ["switch.sip.dialog:2 imports switch.app.service"]

    def test_one_module_of_a_package_can_be_allowed(self) -> None:
        source = "from switch.media.messages import Play\nfrom switch.media.pool import MediaPool\n"
        found = forbidden_imports(read_module("calls.leg", source))
        assert found == ["switch.calls.leg:2 imports switch.media.pool"]

    def test_a_clock_in_pure_code_is_found(self) -> None:
        module = read_module("routing.router", "import time\n")
        assert impure_imports(module) == ["switch.routing.router:1 is PURE and imports time"]

    def test_a_file_is_pure_if_its_docstring_says_so(self) -> None:
        module = read_module("media.wire", '"""PURE: frames."""\nimport socket\n')
        assert impure_imports(module) == ["switch.media.wire:2 is PURE and imports socket"]

    def test_a_cycle_is_found(self) -> None:
        assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
        assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []

    def test_every_rule_is_about_something_that_exists(self) -> None:
        parts = {module.part for module in MODULES}
        assert set(MAY_IMPORT) - parts == set()
