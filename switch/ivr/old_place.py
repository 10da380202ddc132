"""PURE: asking a caller who hung up while waiting whether to go on from the old place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from switch.ivr.call import CollectDigits, CollectEnd, Prompt
from switch.ivr.fields import FlowModel, Key
from switch.ivr.prompts import PromptModel
from switch.ivr.run import Run, Said
from switch.speech.languages import chain

Resume = Literal["always", "offer", "never"]

_TIMES = 3
"""How often it is asked of somebody who presses other keys."""
_TIMEOUT_SECONDS = 5.0

TEXTS = {
    "en": "You were waiting here before, and your place has been kept. To keep your place, "
    "press {keep}. To go to the end of the line, press {leave}.",
    "es": "Usted ya estaba esperando y le hemos guardado su lugar. Para conservar su lugar, "
    "pulse {keep}. Para ir al final de la fila, pulse {leave}.",
    "hi": "आप पहले से प्रतीक्षा कर रहे थे और आपका स्थान सुरक्षित है। अपना स्थान रखने के लिए {keep} दबाएँ। "
    "कतार के अंत में जाने के लिए {leave} दबाएँ।",
    "mr": "तुम्ही आधीच रांगेत होता आणि तुमची जागा राखून ठेवली आहे. तुमची जागा ठेवण्यासाठी {keep} दाबा. "
    "रांगेच्या शेवटी जाण्यासाठी {leave} दाबा.",
}
"""Language -> what is said where the flow has no words of its own."""


class ResumeKeys(FlowModel):
    """What a caller presses who is asked about an old place."""

    keep: Key = "1"
    """To go on from there; silence means that too."""
    leave: Key = "2"
    """To go to the end of the line."""


async def resumes(
    run: Run,
    queue: str,
    how: Resume | None = None,
    prompts: Sequence[PromptModel] = (),
    keys: ResumeKeys | None = None,
) -> bool | None:
    """Return whether the caller goes on from an old place; None: as the queue says.

    Asks the caller where that is wanted and there is an old place.

    Args:
        how: as the flow says; None: as the queue says.
        prompts: the question; none: that of `TEXTS`.

    Raises:
        CallOver: the caller has gone; the old place is kept.
        FlowRunError: a value in the prompts cannot be computed.
    """
    if how is not None and how != "offer":
        return how == "always"
    if not run.call.offers_place(queue, asked=how is not None):
        return None
    keys = keys or ResumeKeys()
    collected = CollectDigits(1, frozenset(), _TIMEOUT_SECONDS, barge_in=True)
    for turn in range(1, _TIMES + 1):
        said = run.say(prompts, True, turn) if prompts else [_question(run, keys)]
        answer = await run.collect(said, collected)
        if answer.end is CollectEnd.NO_INPUT or answer.digits == keys.keep:
            break
        if answer.digits == keys.leave:
            return False
    return True


def _question(run: Run, keys: ResumeKeys) -> Said:
    flow, language = run.flow, run.language
    spoken = next((each for each in chain(language) if each in TEXTS), "en")
    known = spoken == language.partition("-")[0]
    voice = flow.voices.languages[language] if known else ""
    text = TEXTS[spoken].format(keep=keys.keep, leave=keys.leave)
    return Prompt("", text, voice, language if known else spoken, made_for_call=True), True
