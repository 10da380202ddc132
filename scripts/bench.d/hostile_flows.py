"""Flows that nobody should write, and what a benchmark does with them to a running switch."""

from __future__ import annotations

from itertools import pairwise

LARGEST = 1000
"""Nodes of a flow."""
_LARGE_BYTES = 100 * 1024 * 1024

SMALL = "nodes:\n  brief: {type: hangup, prompts: Good bye.}\n"


def large(prefix: str, nodes: int = LARGEST) -> str:
    """Return a flow of a thousand nodes of several kinds, called by this prefix."""
    lines = ["nodes:"]
    for number in range(nodes - 1):
        name, onward = f"{prefix}{number}", f"{prefix}{number + 1}"
        kind = number % 4
        if kind == 0:
            expression = f"{{{{ call.from[2:{3 + number % 7}] ~ {number} }}}}"
            lines.append(
                f"  {name}: {{type: set, values: {{v: {number}, w: '{expression}'}}, "
                f"next: {onward}}}"
            )
        elif kind == 1:
            lines.append(
                f"  {name}: {{type: menu, prompts: 'This is {prefix} {number % 20}.', "
                f"options: {{'1': {onward}, '2': {onward}}}, "
                f"exits: {{no_input: {onward}, no_match: {onward}}}}}"
            )
        elif kind == 2:
            lines.append(
                f"  {name}: {{type: tag, tags: {{at: '{{{{ now.time }}}}', n: x{number}}}, "
                f"next: {onward}}}"
            )
        else:
            lines.append(
                f"  {name}: {{type: branch, cases: [{{when: call.from == '{number}', "
                f"next: {onward}}}], otherwise: {onward}}}"
            )
    lines.append(f"  {prefix}{nodes - 1}: {{type: hangup}}")
    return "\n".join(lines) + "\n"


def commented() -> str:
    """Return a right flow with nearly a megabyte of comments in one place."""
    return "# " + "x" * 70 + "\n" + ("# " + "y" * 70 + "\n") * 13_000 + SMALL


def bomb() -> str:
    """Return a file whose aliases stand for a hundred million values."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in pairwise("abcdefgh")]
    return "\n".join(lines) + "\n"


CYCLE = "nodes: &nodes\n  a: {type: goto, next: a}\n  b: *nodes\n"
SILENT_CYCLE = """
nodes:
  a: {type: goto, next: b}
  b: {type: say, text: Round., next: a}
"""
DEEP_TEMPLATE = (
    "nodes:\n  a: {type: set, values: {x: '{{ "
    + "(" * 300
    + "1"
    + ")" * 300
    + " }}'}, next: b}\n  b: {type: hangup}\n"
)
WIDE_TEMPLATE = (
    "nodes:\n  a: {type: set, values: {x: '{{ "
    + " ~ ".join(["call.from"] * 390)
    + " }}'}, next: b}\n  b: {type: hangup}\n"
)


def many_problems(nodes: int = LARGEST) -> str:
    """Return a flow in which everything is wrong."""
    lines = [f"  n{number}: {{type: plya, next: m{number}}}" for number in range(nodes)]
    return "nodes:\n" + "\n".join(lines) + "\n"


def computing() -> str:
    """Return a flow that passes, and computes as much as a flow may at run time."""
    text = "vars.text"
    long = " ~ ".join([text] * 20)
    long_text = f"(({long})[:3900] | replace('a', 'b') | upper | title)"
    values = [f'      v{number}: "{{{{ {long_text}[{number}:] }}}}"' for number in range(60)]
    body = "\n".join(values)
    return f"""
nodes:
  begin: {{type: set, values: {{text: {"a" * 190}}}, next: rounds}}
  rounds: {{type: repeat, times: 20, next: compute, exits: {{done: end}}}}
  compute:
    type: set
    values:
{body}
    next: rounds
  end: {{type: hangup}}
"""


PRESSES_FOR_EVER = """
nodes:
  a: {type: menu, prompts: Press 1., options: {"1": a, "2": end},
    exits: {no_input: end, no_match: end}}
  end: {type: hangup}
"""


def sparse_file(path: str) -> None:
    """Make a file of 100 MB."""
    with open(path, "wb") as file:
        file.truncate(_LARGE_BYTES)
