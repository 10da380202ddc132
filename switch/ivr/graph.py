"""PURE: directed graphs, as mappings of every name to those that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def closure(onward: Mapping[str, Sequence[str]], starts: Iterable[str]) -> set[str]:
    """Return these, as far as they are there, and all that they lead to."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found and name in onward:
            found.add(name)
            waiting += onward[name]
    return found


def components(onward: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the strongly connected components, each after those that it leads to (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in onward:
        if root in index:
            continue
        trail = [(root, iter(onward[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while trail:
            name, targets = trail[-1]
            target = next(targets, None)
            if target is None:
                trail.pop()
                if trail:
                    low[trail[-1][0]] = min(low[trail[-1][0]], low[name])
                if low[name] == index[name]:
                    at = stack.index(name)
                    group = stack[at:]
                    del stack[at:]
                    on_stack.difference_update(group)
                    found.append(group)
            elif target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                trail.append((target, iter(onward[target])))
            elif target in on_stack:
                low[name] = min(low[name], index[target])
    return found
