"""PURE: runs a scenario and judges it, or keeps a flow suspended while somebody plays caller."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from switch.errors import CallOver, FlowRunError, MediaError
from switch.ivr.interpreter import Interpreter
from switch.ivr.models import Flow
from switch.ivr.prompt import Prompt
from switch.rehearsal.call import Question, RehearsedCall
from switch.rehearsal.caller import Caller
from switch.rehearsal.judgement import Failure, judge
from switch.rehearsal.scenario_file import Scenario
from switch.rehearsal.trail import End, Kind
from switch.rehearsal.world import World, text_length


@dataclass(slots=True)
class Performance:
    """One run of a flow against a rehearsed call. `go_on` until `is_over`."""

    flow: Flow
    call: RehearsedCall
    _interpreter: Interpreter = field(init=False)
    _running: Coroutine[Any, Any, None] = field(init=False)

    def __post_init__(self) -> None:
        self._interpreter = Interpreter(self.flow, self.call)
        self._running = self._interpreter.run()

    @property
    def variables(self) -> Mapping[str, Any]:
        """The flow's `vars.*`, now."""
        return self._interpreter.first.variables

    def go_on(self) -> Question | None:
        """Run until the flow is over (None), or somebody must say how it goes on."""
        try:
            question = self._running.send(None)
        except StopIteration:
            self.call.over(End.OVER)
        except CallOver:
            self.call.over(End.CALLER)
        except (FlowRunError, MediaError) as error:
            self.call.note(Kind.PROBLEM, str(error))
            self.call.over(End.ERROR, str(error))
        else:
            assert isinstance(question, Question)
            return question
        return None

    def stop(self) -> None:
        """Leave it where it is."""
        self._running.close()


@dataclass(slots=True)
class Outcome:
    """A scenario that was run."""

    flow: Flow
    scenario: Scenario
    index: int
    """In its file."""
    call: RehearsedCall
    variables: Mapping[str, Any]
    failures: Sequence[Failure]

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.failures


def run_scenario(
    flow: Flow,
    scenario: Scenario,
    index: int = 0,
    length: Callable[[Prompt], float] = text_length,
) -> Outcome:
    """Run a scenario from the ring to the end, and compare with what it expects.

    Args:
        length: how many seconds a prompt takes.
    """
    world = World(
        queues=scenario.queue_answers(),
        http=[entry.answer() for entry in scenario.http],
        transfers=scenario.transfer_answers(),
        callbacks=scenario.callbacks,
        tables=scenario.tables,
        length=length,
    )
    caller = Caller([step.as_step() for step in scenario.steps])
    call = RehearsedCall(caller, world, scenario.dials.facts(), scenario.dials.at)
    performance = Performance(flow, call)
    question = performance.go_on()
    assert question is None, "a call that does not ask is never suspended"
    failures = list(judge(scenario, call, performance.variables))
    return Outcome(flow, scenario, index, call, performance.variables, failures)
