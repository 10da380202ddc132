"""What callers hear, as text: values spoken in their language, and recorded prompts by language.

PURE: nothing here speaks, reads a file or asks for the time. Texts go to espeak-ng, whose
voices read plain numerals well in every language of `LANGUAGES`; what they misread (grouped
digits, decimals, signs, dates, times of day) is written out so that they cannot.
"""

from switch.speech.filters import FILTERS
from switch.speech.languages import LANGUAGES, Language, chain, language
from switch.speech.prompt_set import PromptSet
from switch.speech.sentences import Sentence, sentences
from switch.speech.speak import prepare, speak

__all__ = [
    "FILTERS",
    "LANGUAGES",
    "Language",
    "PromptSet",
    "Sentence",
    "chain",
    "language",
    "prepare",
    "sentences",
    "speak",
]
