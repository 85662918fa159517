"""Every word that a page says, in one catalogue: a plain dict per language, the same keys in each.

A key begins with the page or part that says it (`loop.undo`, `key.undo`, `reason.audit`, `home.tags`); `{name}` is
filled in. To move a page here, put its sentences under its own prefix and say them with `say`. To add a language, add
its three modules and a row in LANGUAGES: the tests then ask for every key.
"""

from collections.abc import Callable, Mapping
from numbers import Integral

from labelreview.web.words import de, en, menu_de, menu_en, pages_de, pages_en

LANGUAGES: dict[str, tuple[str, Mapping[str, str]]] = {
    "en": ("English", en.WORDS | menu_en.WORDS | pages_en.WORDS),
    "de": ("Deutsch", de.WORDS | menu_de.WORDS | pages_de.WORDS),
}
FIRST = "en"
Say = Callable[..., str]  # `say` in a language that is chosen already


def say(language: str, key: str, **values: object) -> str:
    """A sentence of the catalogue with its values filled in: whole numbers as the language writes them, all else as it
    is, never looked into.

    >>> say("de", "loop.keep", value="ja"), say("de", "grid.took-back", n=1921)
    ('ja behalten', '1.921 zurückgenommen')
    """
    told = {name: number(language, value) if isinstance(value, Integral) else value for name, value in values.items()}
    return _words(language)[key].format_map(told)


def number(language: str, value: float | Integral, form: str = ",") -> str:
    """A number as the language writes it.

    >>> number("en", 1234.5, ",.1f"), number("de", 1234.5, ",.1f")
    ('1,234.5', '1.234,5')
    """
    return format(value, form).translate(str.maketrans(",.", _words(language)["form.number"]))


def part(language: str, prefix: str) -> dict[str, str]:
    """The sentences of one part, by their keys without the prefix: what a component gets."""
    words = _words(language)
    return {key.removeprefix(f"{prefix}."): text for key, text in words.items() if key.startswith(f"{prefix}.")}


def _words(language: str) -> Mapping[str, str]:
    return LANGUAGES.get(language, LANGUAGES[FIRST])[1]
