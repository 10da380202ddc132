"""The tree in the docstring of `switch.errors` is the tree of its classes."""

from __future__ import annotations

import re

import pytest

from switch import errors

_LINE = re.compile(r"^(?P<branch>[ |]*(?:\+-- )?)(?P<name>[A-Z]\w+)  +(?P<meaning>\S.*)$")


def drawn_tree() -> dict[str, str]:
    """Return class name -> name of the class it is drawn under."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        depth = len(match["branch"])
        above = [(each, name) for each, name in above if each < depth]
        parents[match["name"]] = above[-1][1] if above else "Exception"
        above.append((depth, match["name"]))
    return parents


def real_tree() -> dict[str, str]:
    """Return class name -> name of its base."""
    return {
        name: found.__bases__[0].__name__
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, BaseException)
    }


def test_the_picture_is_true() -> None:
    assert drawn_tree() == real_tree()


@pytest.mark.parametrize("name", real_tree())
def test_each_error_says_when_it_is_raised(name: str) -> None:
    assert getattr(errors, name).__doc__


@pytest.mark.parametrize("name", real_tree())
def test_each_error_has_one_base(name: str) -> None:
    assert len(getattr(errors, name).__bases__) == 1


class TestProblem:
    def test_reads_like_a_compiler_message(self) -> None:
        problem = errors.Problem("a.yaml", 3, 7, "no such queue", "did you mean `orders`?")
        assert str(problem) == "a.yaml:3:7: no such queue (did you mean `orders`?)"

    def test_leaves_out_the_place_it_does_not_know(self) -> None:
        assert str(errors.Problem("a.yaml", 3, 0, "bad")) == "a.yaml:3: bad"
        assert str(errors.Problem("a.yaml", 0, 0, "bad")) == "a.yaml: bad"


def test_a_configuration_error_tells_every_problem_in_order() -> None:
    second = errors.Problem("b.yaml", 1, 1, "second")
    first = errors.Problem("a.yaml", 9, 1, "first")
    error = errors.ConfigurationError([second, first])
    assert error.problems == [first, second]
    assert str(error) == "a.yaml:9:1: first\nb.yaml:1:1: second"


def test_the_peers_mistake_carries_the_answer_to_give() -> None:
    assert errors.RemoteProtocolError("no Via").status_hint == 400
    assert errors.RemoteProtocolError("no common codec", 488).status_hint == 488
