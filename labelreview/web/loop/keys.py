"""The one table of keys: what the loop obeys, what its buttons say, what its help lists.

Letter keys are compared without case; `R` and `C` are Streamlit's own and are not to be used.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Key:
    """One action of the loop: its name in loop.js, the browser's name of its key, what the cap shows, what it does."""

    action: str
    key: str
    cap: str
    does: str


KEYS = (
    Key("keep", "a", "A", "Keep the label as given"),
    Key("take", "d", "D", "Take the suggestion: change the label"),
    Key("unsure", "s", "S", "Unsure: leave the label as it is"),
    Key("undo", "z", "Z", "Undo the last answer, any number back"),
    Key("back", "ArrowLeft", "←", "Look at the one before, without deciding"),
    Key("ahead", "ArrowRight", "→", "Look at the next one, without deciding"),
    Key("flag", "f", "F", "Flag with a note; the question stays open"),
    Key("help", "?", "?", "Show or hide this list"),
)


def table() -> list[dict[str, str]]:
    """The keys as the browser gets them."""
    return [asdict(key) for key in KEYS]
