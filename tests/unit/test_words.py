"""The catalogue: every language says all of it, with the same values filled in, and names what registries hold."""

import string

import pytest

from labelreview.desk.auditing import AUDIT
from labelreview.desk.orders import ORDERS
from labelreview.scoring import POOLERS
from labelreview.web.words import FIRST, LANGUAGES


def filled_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_key_and_fills_in_the_same_values(language):
    words, first = LANGUAGES[language][1], LANGUAGES[FIRST][1]
    assert words.keys() == first.keys()
    assert {key: filled_in(text) for key, text in words.items()} == {
        key: filled_in(text) for key, text in first.items()
    }


SAME = {"loop.document", "queue.name", "whole.changed", "menu.export", "audit.person"}  # in every language there is


@pytest.mark.parametrize("language", set(LANGUAGES) - {FIRST})
def test_no_sentence_is_left_in_the_first_language(language):
    words, first = LANGUAGES[language][1], LANGUAGES[FIRST][1]
    assert {key for key, text in words.items() if text == first[key]} <= SAME


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_order_has_a_name(language):
    words = LANGUAGES[language][1]
    assert {f"order.{name}" for name in {*ORDERS, AUDIT, "items"} - {*POOLERS}} == {
        key for key in words if key.startswith("order.")
    }
