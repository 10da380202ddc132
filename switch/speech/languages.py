"""PURE: the languages that values can be spoken in, and which language stands in for another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from switch.frozen import frozen


@frozen()
class Language:
    """One language as it is spoken somewhere."""

    code: str
    """BCP 47: `mr`, `es-MX`."""
    name: str
    """In English, for people."""
    voice: str
    """Of espeak-ng."""
    locale: str
    """Of the Unicode CLDR, as Babel names it."""

    @property
    def base(self) -> str:
        """The language without its region: `es` of `es-MX`."""
        return self.code.partition("-")[0]


LANGUAGES: Mapping[str, Language] = {
    each.code: each
    for each in (
        Language("en", "English", "en-us", "en_US"),
        Language("en-GB", "English of Britain", "en-gb", "en_GB"),
        Language("en-IN", "English of India", "en-gb", "en_IN"),
        Language("es", "Spanish", "es", "es_ES"),
        Language("es-419", "Spanish of Latin America", "es-419", "es_419"),
        Language("es-MX", "Spanish of Mexico", "es-419", "es_MX"),
        Language("hi", "Hindi", "hi", "hi_IN"),
        Language("mr", "Marathi", "mr", "mr_IN"),
    )
}


def language(code: str) -> Language:
    """Return a language by its code; a region that is not known is left away.

    Raises:
        ValueError: nothing is known of the language.
    """
    for each in chain(code):
        if each in LANGUAGES:
            return LANGUAGES[each]
    known = ", ".join(sorted(LANGUAGES))
    raise ValueError(f"values cannot be spoken in the language `{code[:20]}`; known: {known}")


def chain(code: str, fallback: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the languages to try, best first, each once.

    `chain("es-mx", ["en-IN"])` is `es-MX, es, en-IN, en`.
    """
    tried: dict[str, None] = {}
    for each in (code, *fallback):
        base, dash, region = each.strip().replace("_", "-").partition("-")
        if dash:
            tried[f"{base.lower()}-{region.upper()}"] = None
        tried[base.lower()] = None
    return tuple(tried)
