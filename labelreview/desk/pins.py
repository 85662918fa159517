"""Examples that the data team has pinned to tags: made and taken back in the project's meeting."""

from labelreview import rulings
from labelreview.desk.project import Project
from labelreview.errors import InputError


def pin(project: Project, by: str, tag: str, item: str, label: int | None) -> None:
    """Make an item an example (1) or counter-example (0) of a tag, or no longer (None). NotFound for what is not there.

    What holds already is not said again.
    """
    project.dataset.ids.position(item)
    project.dataset.column(tag)
    before = project.meeting.standing().pins.get(tag, {}).get(item)
    if (int(before.value["label"]) if before else None) == label:
        return
    gone = [rulings.undo(by, before)] if before else []
    project.meeting.record(*gone, *([] if label is None else [rulings.pin(by, tag, item, label)]))


def of(project: Project, tag: str) -> list[tuple[str, int]]:
    """The pinned items of a tag with their labels, in the order in which they were pinned; NotFound without the tag."""
    project.dataset.column(tag)
    return [(item, int(ruling.value["label"])) for item, ruling in project.meeting.standing().pins.get(tag, {}).items()]


def as_label(text: str) -> int:
    """1 for yes, 0 for no.

    >>> as_label("yes")
    1
    """
    if text not in ("yes", "no"):
        raise InputError(f"An example is of yes or no, not of {text!r}.")
    return int(text == "yes")
