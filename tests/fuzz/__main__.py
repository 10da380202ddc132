"""Throw inputs at the doors of the switch: `scripts/fuzz`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.campaign import TARGETS, Result, campaign, write_findings


def main() -> int:
    """Run campaigns, and return 1 when one of them found something."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all of them if none"
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="over all targets together")
    parser.add_argument("--seconds", type=float, default=1e9, help="of each target, at most")
    parser.add_argument("--seed", type=int, default=1, help="the same makes the same inputs")
    parser.add_argument("--findings", type=Path, default=Path("var/fuzz"), metavar="DIRECTORY")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what was seen, to be kept")
    arguments = parser.parse_args()
    unknown = set(arguments.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    names = arguments.targets or list(TARGETS)
    shares = sum(TARGETS[name][1] for name in names)
    results = []
    print("target       inputs     MiB  outcomes  slowest ms/KiB  memory MiB  findings")
    for name in names:
        many = -(-arguments.inputs * TARGETS[name][1] // shares)
        result = campaign(name, many, arguments.seed, arguments.seconds)
        _tell(result)
        write_findings(result, arguments.findings)
        results.append(result)
    found = sum(len(result.findings) for result in results)
    print(f"{sum(result.inputs for result in results)} inputs, {found} findings")
    if found:
        print(f"The inputs, and what they did, are in {arguments.findings}.")
    if arguments.json is not None:
        kept = [asdict(result) | {"findings": len(result.findings)} for result in results]
        arguments.json.write_text(json.dumps(kept, indent=2))
    return 1 if found else 0


def _tell(result: Result) -> None:
    memory = f"{result.memory_before / 2**20:.0f}>{result.memory_after / 2**20:.0f}"
    print(
        f"{result.target:<10}{result.inputs:>9}{result.octets / 2**20:>8.0f}{result.outcomes:>10}"
        f"{result.slowest:>16.2f}{memory:>12}{len(result.findings):>10}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
