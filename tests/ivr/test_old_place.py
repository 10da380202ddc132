"""Who hung up while waiting and calls again is asked whether to go on from the old place."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import CallOver
from switch.ivr.call import Prompt
from switch.ivr.old_place import TEXTS
from switch.speech import LANGUAGES
from tests.ivr.steps import problems, run
from tests.support.fake_call import Act, FakeCall, HangUp, Keys, Listen

ORDERS = "{type: queue, queue: orders, exits: {timeout: end, no_agents: end}, MORE}"


def flow(more: str = "resume: offer", languages: str = "[en]") -> str:
    end = "end: {type: hangup}"
    return f"languages: {languages}\nnodes:\n  wait: {ORDERS.replace('MORE', more)}\n  {end}\n"


async def ask(directory: Path, *acts: Act, more: str = "resume: offer", **how: bool) -> FakeCall:
    """Run a flow for a caller who has an old place; return the call."""
    return await run(directory, flow(more), FakeCall(*acts, old_places=how or {"orders": False}))


@pytest.mark.parametrize(
    ("acts", "resumes", "times"),
    [
        ([Listen()], True, 1),
        ([Keys("1")], True, 0),
        ([Listen("1")], True, 1),
        ([Listen("2")], False, 1),
        ([Listen("7"), Listen("2")], False, 2),
        ([Listen("7"), Listen("8"), Listen("9")], True, 3),
    ],
    ids=["silence", "at_once", "keeps", "leaves", "wrong_key_first", "only_wrong_keys"],
)
async def test_keys_decide_and_silence_keeps(
    tmp_path: Path, acts: list[Act], resumes: bool, times: int
) -> None:
    call = await ask(tmp_path, *acts)
    assert [request.resume for request in call.queued] == [resumes]
    assert call.heard == [TEXTS["en"].format(keep="1", leave="2")] * times


@pytest.mark.parametrize(
    ("more", "queue_offers", "resumes"),
    [
        ("", False, None),
        ("", True, True),
        ("resume: offer", False, True),
        ("resume: always", True, True),
        ("resume: never", True, False),
    ],
)
async def test_the_node_decides_and_else_the_queue(
    tmp_path: Path, more: str, queue_offers: bool, resumes: bool | None
) -> None:
    call = await ask(tmp_path, Listen(), more=more, orders=queue_offers)
    assert [request.resume for request in call.queued] == [resumes]
    assert len(call.heard) == (1 if resumes and more in ("", "resume: offer") else 0)


async def test_nobody_without_an_old_place_is_asked(tmp_path: Path) -> None:
    call = await run(tmp_path, flow(), FakeCall(Keys("2")))
    assert [request.resume for request in call.queued] == [None]
    assert not call.heard
    assert not call.asked


async def test_a_transfer_to_the_queue_asks_where_the_queue_says_so(tmp_path: Path) -> None:
    text = "  go: {type: transfer, queue: orders, exits: {failed: end}}\n"
    call = await run(tmp_path, text, FakeCall(Listen("2"), old_places={"orders": True}))
    assert [request.resume for request in call.queued] == [False]


async def test_own_words_and_keys(tmp_path: Path) -> None:
    more = (
        "resume: offer, resume_prompts: ['Keep it, {{ call.from }}?', {text: 'Well?', count: 2}], "
        "resume_keys: {keep: '5', leave: '6'}"
    )
    call = await ask(tmp_path, Listen("1"), Listen("6"), more=more)
    assert call.heard == ["Keep it,", "+12125550123", "Well?"]
    assert [request.resume for request in call.queued] == [False]


async def test_who_hangs_up_meanwhile_is_in_no_queue(tmp_path: Path) -> None:
    call = await ask(tmp_path, HangUp())
    assert call.queued == []
    with pytest.raises(CallOver):
        await call.answer()


@pytest.mark.parametrize("code", LANGUAGES)
async def test_it_is_asked_in_the_language_of_the_flow(tmp_path: Path, code: str) -> None:
    call = FakeCall(Listen(), old_places={"orders": False})
    await run(tmp_path, flow(languages=f"[{code}]"), call)
    base = code.partition("-")[0]
    text = TEXTS[base].format(keep="1", leave="2")
    voice = LANGUAGES[code].voice
    assert call.played == [Prompt("", text, voice, code, made_for_call=True)]


async def test_where_there_are_no_words_it_is_asked_in_english(tmp_path: Path) -> None:
    call = FakeCall(Listen(), old_places={"orders": False})
    await run(tmp_path, flow(languages="[fr]"), call)
    (prompt,) = call.played
    assert (prompt.language, prompt.text) == ("en", TEXTS["en"].format(keep="1", leave="2"))


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("resume: sometimes", "`sometimes`"),
        ("resume_keys: {keep: '1', leave: '1'}", "the keys to keep the place and to leave it"),
        ("resume: never, resume_prompts: 'Keep it?'", "nobody is asked with `resume: never`"),
        ("resume: always, resume_keys: {keep: '4'}", "nobody is asked with `resume: always`"),
        ("resume: offer, resume_prompts: {mr: 'Keep it?'}", "does not speak `mr`"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, more: str, complaint: str) -> None:
    assert complaint in problems(tmp_path, flow(more))[0]
