"""A project's rules between tags: which are agreed, which the data propose, and the cells that break them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labelreview import rulings
from labelreview.desk.project import Project
from labelreview.errors import InputError, many
from labelreview.formats.tables import write_csv
from labelreview.review import consistency
from labelreview.review.rules import IMPLIES, Proposal, Rules, TagRule, proposed
from labelreview.review.tagplan import tag_rule
from labelreview.rulings import Ruling
from labelreview.tags import Labels

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Agreed:
    """A rule that holds: the ruling that made it, and how many items break it with the verdicts so far."""

    ruling: Ruling
    rule: TagRule
    broken: int


@dataclass(frozen=True)
class Broken:
    """An item that breaks a rule, and the labels of its two tags as they stand."""

    item: str
    rule: TagRule
    first: int
    second: int


def agreed(project: Project) -> list[Agreed]:
    """The rules that hold, in the order in which they were agreed."""
    held = project.meeting.standing()
    broken = held.rules.broken(*standing_labels(project))
    pairs = ((ruling, tag_rule(ruling)) for ruling in held.relations)
    return [Agreed(ruling, rule, int(np.count_nonzero(broken.get(rule, ())))) for ruling, rule in pairs]


def proposals(project: Project, *, support: int = 10, confidence: float = 0.7) -> list[Proposal]:
    """Rules that the labels as they stand mostly keep, without those that follow from or contradict what is agreed.

    None of sparse data: counting takes all pairs of tags.
    """
    if project.dataset.grid.sparse:
        return []
    held = project.meeting.standing().rules
    found = proposed(*standing_labels(project), support=support, confidence=confidence)
    news = [proposal for proposal in found if _is_news(held, proposal.rule)]
    return sorted(news, key=lambda proposal: proposal.rule.kind != IMPLIES)  # exclusions are many, and say less


def _is_news(held: Rules, rule: TagRule) -> bool:
    if rule.second in (held.above(rule.first) if rule.kind == IMPLIES else held.against(rule.first)):
        return False
    try:
        Rules([*held.stated, rule])
    except InputError:
        return False
    return True


def agree(project: Project, by: str, rows: Iterable[Row], why: str = "") -> int:
    """Agree on rules, all or none; gives how many are new. InputError when one contradicts those that hold."""
    there = {(each.rule.kind, each.rule.first, each.rule.second) for each in agreed(project)}
    events = [rulings.relate(by, first, relation, second, why) for first, relation, second in rows]
    new = {tag_rule(event): event for event in events}
    fresh = [event for rule, event in new.items() if (rule.kind, rule.first, rule.second) not in there]
    project.meeting.record(*fresh)
    return len(fresh)


def broken(project: Project) -> list[Broken]:
    """Every item that breaks an agreed rule, rule by rule, with the verdicts so far applied."""
    labels, tags = standing_labels(project)
    column = {tag: at for at, tag in enumerate(tags)}
    return [
        Broken(
            project.dataset.ids[row],
            rule,
            int(labels[row, column[rule.first]]),
            int(labels[row, column[rule.second]]),
        )
        for row, rule in project.meeting.standing().rules.violations(labels, tags)
    ]


def standing_labels(project: Project) -> tuple[Labels, tuple[str, ...]]:
    """(N, T) labels with the verdicts applied, and their tags: all, or of sparse data those that agreed rules name."""
    return consistency.standing_labels(project.dataset, project.verdicts(), project.meeting.standing().rules)


def write_broken(project: Project, out: Path, *, overwrite: bool = False) -> int:
    """A CSV of the items that break agreed rules; gives how many."""
    found = broken(project)
    rows = [(each.item, str(each.rule), each.rule.first, each.first, each.rule.second, each.second) for each in found]
    write_csv(out, ("id", "rule", "first", "first_label", "second", "second_label"), rows, overwrite)
    return len(found)


def lines(project: Project) -> list[str]:
    """The agreed rules for a terminal."""
    found = agreed(project)
    if not found:
        return ["No rule is agreed yet. `--propose` shows what the labels mostly keep; `--agree F` takes a file."]
    return [f"{each.rule}: {_items(each.broken)}, agreed by {each.ruling.by}" for each in found]


def proposal_lines(project: Project) -> list[str]:
    """The proposed rules for a terminal, the surest first."""
    found = proposals(project)
    if not found:
        return ["The labels propose no rule that is not agreed already."]
    return [f"{each.rule}: {each.support:,} items for it, {each.against:,} against" for each in found]


def _items(count: int) -> str:
    return "kept by all items" if not count else f"broken by {many(count, 'item')}"
