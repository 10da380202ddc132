"""Laws: any flow that passes the check, with any caller and any world, ends and never raises."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from switch.errors import CallOver, FlowError
from switch.ivr.call import (
    CallbackEnd,
    HttpFailure,
    HttpResult,
    QueueEnd,
    QueueOutcome,
    QueueRequest,
    RecordEnd,
    TransferEnd,
    TransferRequest,
)
from switch.ivr.check_ways import MAX_SILENT_STEPS
from switch.ivr.interpreter import MAX_STEPS, run_flow
from switch.ivr.loader import load_flow
from switch.ivr.models import ENTRIES
from tests.support.fake_call import Act, FakeCall, Fax, HangUp, Keys, Listen, Speak

NAMES = [f"n{number}" for number in range(9)]
VARIABLES = ["a", "b", "c"]

texts = st.sampled_from(
    [
        *("Hello.", "{{ vars.a | default('x') }} there", "{{ call.from | spoken_phone }}"),
        *(
            "{{ vars.b | default('7') }}",
            "{{ now.date | spoken_date }}.",
            "No {{ call.queue.key }}",
        ),
    ]
)
values = st.sampled_from(
    [
        *(3, True, None, "x", "{{ vars.a | default(1) }}", "{{ (vars.b | default('')) ~ 'y' }}"),
        *("{{ vars.c | default(0) | int + 1 }}", "{{ now.hour }}"),
    ]
)
conditions = st.sampled_from(
    [
        "vars.a | default('') == '1'",
        "call.from.startswith('+1')",
        "vars.b is defined",
        "now.hour > 9",
    ]
)


def _with_a_first(prompts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"text": "First."}, *prompts]


counted = st.lists(
    st.fixed_dictionaries({"text": texts, "count": st.integers(1, 3)}), max_size=2
).map(_with_a_first)


def target(position: int) -> st.SearchStrategy[str]:
    """Return a node to lead to: nearly always one that comes later, so that most are right."""
    later = [*NAMES[position + 1 :], "end"]
    return st.sampled_from([*later * 9, NAMES[position // 2]])


schedules = st.fixed_dictionaries(
    {"zone": st.just("UTC"), "weekly": st.sampled_from([{}, {"mon-sun": "00:00-24:00"}])}
)


def node(position: int, *, calls: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Return any node for a place in the flow."""
    to = target(position)
    anywhere = st.sampled_from([*NAMES, "end"])
    pair = {"no_input": to, "no_match": to}

    def of(kind: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
        exits = fields.pop("exits", None)
        if exits is not None:
            fields["exits"] = st.fixed_dictionaries(exits)
        return st.fixed_dictionaries({"type": st.just(kind), **fields})

    names = st.sampled_from(VARIABLES)
    others = [
        of("call", flow=st.just("called"), next=to),
        of("transfer", flow=st.just("called")),
    ]
    return st.one_of(
        of("play", prompts=counted, next=to, barge_in=st.booleans()),
        of("say", text=texts, next=to),
        of(
            "menu",
            prompts=counted,
            options=st.dictionaries(st.sampled_from("123*"), anywhere, min_size=1),
            retries=st.integers(0, 3),
            exits=pair,
        ),
        of(
            "collect",
            prompts=counted,
            into=names,
            max_digits=st.integers(1, 6),
            sensitive=st.booleans(),
            check=st.sampled_from([None, {"luhn": True}, {"amount": {}}, {"pattern": "4."}]),
            confirm=st.sampled_from([None, {"prompts": "Right?"}]),
            next=to,
            exits=pair,
        ),
        of("recording", on=st.booleans(), next=to),
        of("queue_status", queue=st.just("q"), next=to, exits={"closed": to}),
        of("record", prompts=counted, box=st.just("b"), next=to, exits={"nothing_said": to}),
        of("set", values=st.dictionaries(names, values, min_size=1), next=to),
        of(
            "branch",
            cases=st.lists(st.fixed_dictionaries({"when": conditions, "next": to}), min_size=1),
            otherwise=to,
        ),
        of(
            "lookup",
            table=st.just("t"),
            key=texts,
            into=st.just({"a": "A"}),
            next=to,
            exits={"not_found": to},
        ),
        of(
            "http",
            url=st.just("https://x.example/{{ call.id }}"),
            next=to,
            into=st.just({"b": "result.json.b"}),
            exits={"failed": to},
        ),
        of(
            "queue",
            queue=st.just("q"),
            leave_keys=st.just("1"),
            announce=st.just({"messages": ["You are {{ call.queue.position }}."]}),
            next=to,
            exits={"timeout": to, "no_agents": to, "key": to},
        ),
        of("callback", queue=st.just("q"), next=to, exits={"refused": to}),
        of(
            "transfer",
            number=st.just("+442079460000"),
            trunk=st.just("t"),
            next=to,
            exits={"failed": to},
        ),
        of(
            "transfer",
            agent=st.sampled_from(["asha", "{{ vars.a | default('asha') }}"]),
            next=to,
            exits={"failed": to, "busy": to, "no_answer": to, "unreachable": to},
        ),
        of(
            "transfer",
            queue=st.just("q"),
            next=to,
            exits={"failed": to, "timeout": to, "no_agents": to},
        ),
        of("repeat", times=st.integers(1, 5), next=to, exits={"done": to}),
        of("event", name=st.just("e"), payload=st.dictionaries(names, values), next=to),
        of("tag", tags=st.dictionaries(names, values, min_size=1), next=to),
        of("language", language=st.sampled_from(["en", "hi"]), next=to),
        of("goto", next=to),
        of("hours", schedule=schedules, next=to, exits={"closed": to}),
        of("hangup"),
        *(others if calls else ()),
    )


INNER = {name: node(position) for position, name in enumerate(NAMES)}
"""Of the flow that is called: it calls none."""
OUTER = {name: node(position, calls=True) for position, name in enumerate(NAMES)}


@st.composite
def flows(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a flow of up to ten nodes, and another one that it may call or go over to."""
    nodes = {name: draw(each) for name, each in OUTER.items()}
    nodes["end"] = {"type": "hangup"}
    nodes["gone"] = {"type": "event", "name": "gone", "next": "end"}
    flow: dict[str, Any] = {"languages": ["en", "hi"], "start": NAMES[0]}
    for field, choice in (
        ("on_error", NAMES[-1]),
        ("on_hangup", "gone"),
        ("on_fax", NAMES[-2]),
    ):
        name = draw(st.sampled_from([None, choice, choice, NAMES[4]]))
        if name is not None:
            flow[field] = name
    called = {name: draw(each) for name, each in INNER.items()}
    called["end"] = {"type": "return"}
    inner = {"start": NAMES[0]} | draw(st.sampled_from([{}, {"on_fax": NAMES[-1]}]))
    return reached(flow, nodes), reached(inner, called)


def reached(flow: dict[str, Any], nodes: dict[str, Any]) -> dict[str, Any]:
    """Return a flow without those nodes that nothing leads to."""
    found: dict[str, Any] = {}
    waiting = [flow[field] for field in ENTRIES if field in flow]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = nodes[name]
            waiting += targets(nodes[name])
    return {**flow, "nodes": found}


def targets(node: dict[str, Any]) -> list[str]:
    """Return where a node leads."""
    found = [*node.get("options", {}).values(), *node.get("exits", {}).values()]
    found += [case["next"] for case in node.get("cases", ())]
    return found + [node[field] for field in ("next", "otherwise") if field in node]


acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(Keys, st.text(alphabet="0123456789*#", min_size=1, max_size=7)),
    st.builds(Listen, st.text(alphabet="0123*#", max_size=5)),
    st.builds(Speak, st.floats(0, 200), st.sampled_from(RecordEnd)),
    st.just(HangUp()),
    st.just(Fax()),
)
answers = st.one_of(
    st.builds(
        HttpResult,
        st.sampled_from([200, 204, 302, 404, 500]),
        st.sampled_from([None, {}, {"b": 1}, {"b": {"c": []}}, [1], "text"]),
    ),
    st.builds(HttpResult, failure=st.sampled_from([each for each in HttpFailure if each])),
)


class Mortal(FakeCall):
    """A caller who does not wait and talk for ever: gone after so many queues and transfers."""

    patience = 8

    def _lose_patience(self) -> None:
        self.patience -= 1
        if not self.patience:
            self._gone = True

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        self._lose_patience()
        return await super().queue(request)

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        self._lose_patience()
        return await super().transfer(request)


def loaded(flow: dict[str, Any], called: dict[str, Any]) -> Any:
    """Return the flow, or None if it or the one that it calls is refused."""
    with tempfile.TemporaryDirectory() as directory:
        for name, each in (("flow", flow), ("called", called)):
            with (Path(directory) / f"{name}.yaml").open("w") as stream:
                YAML(typ="safe").dump(each, stream)
        try:
            return load_flow(Path(directory) / "flow.yaml")
        except FlowError:
            return None


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    flows(),
    st.lists(acts, max_size=12),
    st.lists(answers, max_size=4),
    st.lists(st.builds(QueueOutcome, st.sampled_from(QueueEnd)), max_size=4),
    st.lists(st.sampled_from(CallbackEnd), max_size=3),
    st.lists(st.sampled_from(TransferEnd), max_size=3),
    st.booleans(),
)
def test_a_flow_that_passes_the_check_ends_and_never_raises(
    written: tuple[dict[str, Any], dict[str, Any]],
    caller: list[Act],
    services: list[HttpResult],
    queues: list[QueueOutcome],
    callbacks: list[CallbackEnd],
    transfers: list[TransferEnd],
    known: bool,
) -> None:
    flow = loaded(*written)
    others = "" if flow is None or not flow.others else ", and another flow"
    event("refused" if flow is None else f"{len(written[0]['nodes'])} nodes{others}")
    if flow is None:
        return
    call = Mortal(
        *caller,
        answers=services,
        outcomes=queues,
        callbacks=callbacks,
        transfers=transfers,
        tables={"t": {"x": {"A": 1}}} if known else {},
    )
    with suppress(CallOver):
        asyncio.run(run_flow(flow, call))
    for met in {each.exit for each in call.left} & {"fax", "gone", "error", "busy", "no_agents"}:
        event(f"left by `{met}`")
    # Each act of the caller or of the world can at most begin another silent stretch.
    happened = len(caller) * 7 + Mortal.patience + 2
    assert len(call.path) <= min(MAX_STEPS, happened * MAX_SILENT_STEPS)
    assert len(call.left) == len(call.path)
    assert call.sensitive.count(True) == call.sensitive.count(False)
