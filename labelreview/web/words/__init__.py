"""Every word that a page says, in one catalogue: a plain dict per language, the same keys in each.

A key begins with the page or part that says it (`loop.undo`, `key.undo`, `reason.audit`, `review.tag`); `{name}` is
filled in. To move a page here, put its sentences under its own prefix and say them with `say`. To add a language, add
its two modules and a row in LANGUAGES: the tests then ask for every key.
"""

from collections.abc import Mapping

from labelreview.web.words import de, en, menu_de, menu_en

LANGUAGES: dict[str, tuple[str, Mapping[str, str]]] = {
    "en": ("English", en.WORDS | menu_en.WORDS),
    "de": ("Deutsch", de.WORDS | menu_de.WORDS),
}
FIRST = "en"


def say(language: str, key: str, **values: object) -> str:
    """A sentence of the catalogue with its values filled in; values are put in as they are, never looked into.

    >>> say("de", "loop.keep", value="ja")
    'ja behalten'
    """
    _, words = LANGUAGES.get(language, LANGUAGES[FIRST])
    return words[key].format_map(values)


def part(language: str, prefix: str) -> dict[str, str]:
    """The sentences of one part, by their keys without the prefix: what a component gets."""
    _, words = LANGUAGES.get(language, LANGUAGES[FIRST])
    return {key.removeprefix(f"{prefix}."): text for key, text in words.items() if key.startswith(f"{prefix}.")}
