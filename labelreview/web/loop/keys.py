"""The one table of keys: what the loop obeys, what its buttons say, what its help lists; with a preset for each hand.

A key is the browser's name of it: a letter or a sign, `ArrowLeft`, or one of them with Shift (`Shift+a`). Letters are
compared without case. What a key does stands in the catalogue as `key.ACTION`. Reviewers may change the table for
themselves (loop/keyboard.js keeps that in their browser); RESERVED keys are refused there and not used here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labelreview.web import words

PRESETS = ("both", "left", "right")
# R and C are Streamlit's, / and ' open the search of some browsers, the space bar is a button's and the page's.
RESERVED = (
    "r",
    "c",
    "/",
    "'",
    " ",
    "Enter",
    "Tab",
    "Escape",
    "Backspace",
    "Delete",
    "Home",
    "End",
    "PageUp",
    "PageDown",
)
CAPS = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", "-": "−", " ": "␣", "Enter": "↵"}


@dataclass(frozen=True)
class Key:
    """One action and its key in each preset."""

    action: str
    both: str
    left: str
    right: str


KEYS = (
    Key("keep", "a", "a", "j"),
    Key("take", "d", "d", "l"),
    Key("unsure", "s", "s", "k"),
    Key("skip", "w", "w", "i"),
    Key("flag", "f", "f", "p"),
    Key("undo", "z", "z", "u"),
    Key("back", "ArrowLeft", "q", "ArrowLeft"),
    Key("ahead", "ArrowRight", "e", "ArrowRight"),
    Key("history", "h", "g", "h"),
    Key("evidence", "e", "t", "n"),
    Key("both-yes", "y", "Shift+q", "y"),
    Key("both-no", "n", "Shift+e", "Shift+n"),
    Key("mend", "m", "Shift+f", "Shift+m"),
    Key("pin", "p", "Shift+g", "Shift+p"),
    Key("zoom-in", "+", "3", "+"),
    Key("zoom-out", "-", "2", "-"),
    Key("fit", "0", "1", "0"),
    Key("actual", "1", "4", "9"),
    Key("lock", "l", "5", "o"),
    Key("pan-left", "Shift+ArrowLeft", "Shift+a", "Shift+ArrowLeft"),
    Key("pan-right", "Shift+ArrowRight", "Shift+d", "Shift+ArrowRight"),
    Key("pan-up", "Shift+ArrowUp", "Shift+w", "Shift+ArrowUp"),
    Key("pan-down", "Shift+ArrowDown", "Shift+s", "Shift+ArrowDown"),
    Key("adjust", "b", "b", "b"),
    Key("invert", "i", "v", "m"),
    Key("help", "?", "x", "?"),
)


def cap(key: str) -> str:
    """What the cap of a key shows.

    >>> cap("Shift+ArrowLeft"), cap("a")
    ('⇧ ←', 'A')
    """
    sign = key.removeprefix("Shift+")
    return ("⇧ " if sign != key else "") + CAPS.get(sign, sign.upper())


def table(language: str = words.FIRST, keys: Sequence[Key] = KEYS, said: str = "key.") -> dict[str, Any]:
    """Keys as the browser gets them; what one does stands in the catalogue under `said` and its action."""
    rows = [
        {
            "action": key.action,
            "does": words.say(language, f"{said}{key.action}"),
            "keys": {"both": key.both, "left": key.left, "right": key.right},
        }
        for key in keys
    ]
    own = {preset for key in keys for preset in (key.both, key.left, key.right)}
    return {"rows": rows, "presets": list(PRESETS), "reserved": [k for k in RESERVED if k not in own], "caps": CAPS}
