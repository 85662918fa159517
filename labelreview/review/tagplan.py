"""What holds of a meeting's rulings, and what the labels are with them.

PURE. Rulings apply one after the other, each to the tags as they are called after those before it; what was taken back
counts as never said. A ruling that cannot apply (its tag is gone, its new name is taken) is left out and told with its
reason: `refuse` keeps such rulings from being stored, but data that came later may lack a tag.

Merged cells, present 1, absent 0, unknown -1: *any* is present where one of the tags is, absent where all are, else
unknown; *all* the other way round; *first* is what the first of the named tags that is known says; *unknown* is what
all known ones agree on, and unknown where they do not. Unknown is never silently made absent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.review.rules import Rules, TagRule, excludes, implies
from labelreview.rulings import Assignment, Kind, Relation, Rule, Ruling, State, Target
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels

Column = npt.NDArray[np.int8]
DEFAULT = Target()
NO_RULES = Rules(())


@dataclass
class Standing:
    """What holds after some rulings about a data set's tags.

    `becomes`: each tag of the data to its name after all rulings, '' where it is dropped. `steps`: the merges, renames
    and drops in force. `definitions` go by the names after all rulings, `assignments` and `rules` by the tags of the
    data; `relations`: the rulings that made the rules, in the same order. `proposed`: names that the data lacks, each
    with the items that it was seen on; `pins`: by tag of the data and item, the ruling that made it an example.
    `broken`: rulings that cannot apply, by uid, and why. `history`: all of them; `undone`: the uids taken back.
    """

    becomes: dict[str, str]
    target: Target = DEFAULT
    assignments: dict[str, Assignment] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    rules: Rules = NO_RULES
    relations: list[Ruling] = field(default_factory=list)
    proposed: dict[str, list[str]] = field(default_factory=dict)
    pins: dict[str, dict[str, Ruling]] = field(default_factory=dict)
    steps: list[Ruling] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    history: tuple[Ruling, ...] = ()
    undone: frozenset[str] = frozenset()

    @property
    def tags(self) -> list[str]:
        """The names after all rulings, in the order of the data."""
        return list(dict.fromkeys(name for name in self.becomes.values() if name))

    @property
    def dropped(self) -> list[str]:
        """The tags of the data that are dropped."""
        return [tag for tag, name in self.becomes.items() if not name]

    def definition(self, tag: str) -> str:
        """The guideline of a tag of the data, under whatever name it goes now."""
        return self.definitions.get(self.becomes.get(tag, ""), "")


def standing(tags: Sequence[str], rulings: Sequence[Ruling]) -> Standing:
    """What holds, of rulings in the order of their log.

    >>> from labelreview.rulings import merge, rename
    >>> found = standing(["cap", "hat"], [rename("Ada", "cap", "beanie"), merge("Bo", ["beanie", "hat"], "headgear")])
    >>> found.becomes
    {'cap': 'headgear', 'hat': 'headgear'}
    """
    known = {ruling.uid: ruling for ruling in rulings}
    undone = frozenset(ruling.undoes for ruling in rulings if ruling.kind is Kind.UNDO)
    found = Standing({tag: tag for tag in tags}, history=tuple(rulings), undone=undone)
    seen: dict[str, Ruling] = {}
    former: dict[str, set[str]] = {}  # the names that a tag had before
    for ruling in rulings:
        if ruling.uid in undone:
            continue
        try:
            if ruling.kind is Kind.UNDO:
                _check_undo(ruling, known, seen)
            else:
                _TAKEN[ruling.kind](found, ruling, former)
        except InputError as error:
            found.broken[ruling.uid] = str(error)
    return found


def refuse(tags: Sequence[str], rulings: Sequence[Ruling]) -> None:
    """InputError when one of the new rulings (those without a `seq`) cannot apply, or breaks one that does."""
    before = standing(tags, [ruling for ruling in rulings if ruling.seq])
    after = standing(tags, rulings)
    by_uid = {ruling.uid: ruling for ruling in rulings}
    for uid, reason in after.broken.items():
        if uid in before.broken:
            continue
        ruling = by_uid[uid]
        if ruling.seq:
            raise InputError(
                f"{ruling.by}'s later decision “{sentence(ruling)}” rests on this one. Take that back first."
            )
        raise InputError(reason)


def sentence(ruling: Ruling) -> str:
    """A ruling in words.

    >>> from labelreview.rulings import merge
    >>> sentence(merge("Ada", ["cap", "hat"], "headgear"))
    'merge cap, hat into headgear (any)'
    """
    tags, value = ", ".join(ruling.tags), ruling.value
    words = {
        Kind.MERGE: lambda: f"merge {tags} into {value['to']} ({value['rule']})",
        Kind.RENAME: lambda: f"rename {tags} to {value['to']}",
        Kind.DROP: lambda: f"drop {tags}",
        Kind.DEFINE: lambda: f"define {tags}" if value["text"] else f"take away the definition of {tags}",
        Kind.ASSIGN: lambda: f"assign {tags} to {value['person'] or 'nobody'} ({value['state']})",
        Kind.RELATE: lambda: f"{ruling.tags[0]} {value['relation']} {ruling.tags[1]}",
        Kind.PROPOSE: lambda: f"propose the tag {value['name']}, seen on {value['item']}",
        Kind.PIN: lambda: f"pin {value['item']} as {'an example' if value['label'] else 'a counter-example'} of {tags}",
        Kind.TARGET: lambda: (
            f"target: at most {_percent(value['max_error_rate'])} of labels still wrong, "
            f"{_percent(value['confidence'])} sure"
        ),
        Kind.UNDO: lambda: f"take back a decision{f' about {tags}' if tags else ''}",
    }
    return words[ruling.kind]()


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"


def holds_already(held: Standing, ruling: Ruling) -> bool:
    """Whether a ruling sets the target that was set before, so that there is nothing to decide."""
    if ruling.kind is not Kind.TARGET or Target(**ruling.value) != held.target:
        return False
    return any(each.kind is Kind.TARGET and each.uid not in held.undone for each in held.history)


def decided(tags: Sequence[str], labels: Labels, steps: Sequence[Ruling]) -> tuple[tuple[str, ...], Labels]:
    """The tags and labels (N, K') that merges, renames and drops leave of tags and labels (N, K)."""
    columns = {tag: labels[:, at] for at, tag in enumerate(tags)}
    for step in steps:
        columns = stepped(columns, step)
    values = list(columns.values())
    return tuple(columns), np.stack(values, axis=1) if values else np.zeros((len(labels), 0), np.int8)


def merged(rule: str, columns: Sequence[Column]) -> Column:
    """Columns (n,) of labels as one, by a rule.

    >>> cap, hat = np.array([[1, 1, 0, -1], [1, 0, 0, 0]], np.int8)
    >>> [merged(rule, [cap, hat]).tolist() for rule in Rule]
    [[1, 1, 0, -1], [1, 0, 0, 0], [1, 1, 0, 0], [1, -1, 0, 0]]
    """
    whole = np.stack(columns)
    yes, no = (whole == PRESENT), (whole == ABSENT)
    if rule == Rule.ANY:
        found = np.where(yes.any(0), PRESENT, np.where(no.all(0), ABSENT, UNKNOWN))
    elif rule == Rule.ALL:
        found = np.where(no.any(0), ABSENT, np.where(yes.all(0), PRESENT, UNKNOWN))
    elif rule == Rule.FIRST:
        known = whole != UNKNOWN
        found = whole[known.argmax(0), np.arange(whole.shape[1])]
    else:
        told = np.where(yes.any(0), PRESENT, np.where(no.any(0), ABSENT, UNKNOWN))
        found = np.where(yes.any(0) & no.any(0), UNKNOWN, told)
    return found.astype(np.int8)


def stepped(columns: Mapping[str, Column], step: Ruling) -> dict[str, Column]:
    """The columns of labels after one merge, rename or drop. InputError where another column has its new name already:
    a labels file may hold tags that the project left out, of which the rulings know nothing."""
    if step.kind is Kind.DROP:
        return {name: column for name, column in columns.items() if name not in step.tags}
    to, after = step.value["to"], dict[str, Column]()
    if to in columns and to not in step.tags:
        raise InputError(f"The labels file has a tag '{to}' that the project left out. Choose another name.")
    place = to if to in step.tags else next(name for name in columns if name in step.tags)
    for name, column in columns.items():
        if name == place:
            parts = [columns[tag] for tag in step.tags]
            after[to] = merged(step.value["rule"], parts) if step.kind is Kind.MERGE else column
        elif name not in step.tags:
            after[name] = column
    return after


def _check_undo(ruling: Ruling, known: Mapping[str, Ruling], seen: dict[str, Ruling]) -> None:
    if ruling.undoes not in known:
        raise InputError("The decision to take back is not in this project's log.")
    if earlier := seen.get(ruling.undoes):
        raise InputError(f"{earlier.by} has taken this decision back already.")
    seen[ruling.undoes] = ruling


def _take_target(found: Standing, ruling: Ruling, _former: object) -> None:
    found.target = Target(ruling.value["max_error_rate"], ruling.value["confidence"])


def _take_assignment(found: Standing, ruling: Ruling, _former: object) -> None:
    for tag in ruling.tags:
        if tag not in found.becomes:
            raise InputError(f"There is no tag '{tag}' in this project.")
        found.assignments[tag] = Assignment(
            ruling.value["person"], State(ruling.value["state"]), ruling.value["note"]
        )  # fmt: skip


def _take_relation(found: Standing, ruling: Ruling, _former: object) -> None:
    for tag in ruling.tags:
        if tag not in found.becomes:
            raise InputError(f"There is no tag '{tag}' in this project.")
    made = tag_rule(ruling)
    if made in found.rules.stated:
        raise InputError(f"That {made} is agreed already.")
    found.rules = Rules([*found.rules.stated, made])
    found.relations.append(ruling)


def _take_proposal(found: Standing, ruling: Ruling, _former: object) -> None:
    name, item = ruling.value["name"], ruling.value["item"]
    taken = next((tag for tag in (*found.becomes, *found.tags) if _plain(tag) == _plain(name)), "")
    if taken:
        raise InputError(f"There is a tag '{taken}' already.")
    same = next((known for known in found.proposed if _plain(known) == _plain(name)), name)
    items = found.proposed.setdefault(same, [])
    if item not in items:
        items.append(item)


def _take_pin(found: Standing, ruling: Ruling, _former: object) -> None:
    for tag in ruling.tags:
        if tag not in found.becomes:
            raise InputError(f"There is no tag '{tag}' in this project.")
        found.pins.setdefault(tag, {})[ruling.value["item"]] = ruling


def tag_rule(ruling: Ruling) -> TagRule:
    """The rule between tags that a ruling made."""
    return (implies if ruling.value["relation"] == Relation.IMPLIES else excludes)(*ruling.tags)


def _take_definition(found: Standing, ruling: Ruling, _former: object) -> None:
    for tag in ruling.tags:
        _check_there(found, tag)
        found.definitions[tag] = ruling.value["text"]


def _take_drop(found: Standing, ruling: Ruling, _former: object) -> None:
    _move(found, ruling, "")


def _take_name(found: Standing, ruling: Ruling, former: dict[str, set[str]]) -> None:
    """A merge or a rename."""
    to = ruling.value["to"]
    for tag in ruling.tags:
        _check_there(found, tag)
    taken = next((name for name in found.tags if name not in ruling.tags and _plain(name) == _plain(to)), "")
    if taken:
        known = f"There is a tag '{taken}' already"
        raise InputError(f"{known}. Merge the two, or choose another name." if ruling.kind is Kind.RENAME
                         else f"{known}. Name it among the tags to merge, or choose another name.")  # fmt: skip
    if ruling.kind is Kind.RENAME:
        (tag,) = ruling.tags
        if to == tag:
            raise InputError(f"The tag is called '{tag}' already. Choose another name.")
        if to in former.get(tag, ()):
            raise InputError(f"This goes round in a circle: '{tag}' was called '{to}' before. Take the decision that "
                             "changed it back instead.")  # fmt: skip
    names = set[str]().union(*({tag} | former.pop(tag, set()) for tag in ruling.tags)) - {to}
    former[to] = names
    _move(found, ruling, to)


def _move(found: Standing, ruling: Ruling, to: str) -> None:
    for tag in ruling.tags:
        _check_there(found, tag)
    first = [to, *ruling.tags] if to in ruling.tags else ruling.tags
    texts = [found.definitions[tag] for tag in first if found.definitions.get(tag)]
    for tag in ruling.tags:
        found.definitions.pop(tag, None)
    if to and texts:
        found.definitions[to] = texts[0]
    found.becomes = {tag: to if name in ruling.tags else name for tag, name in found.becomes.items()}
    found.steps.append(ruling)


def _check_there(found: Standing, tag: str) -> None:
    if tag in found.tags:
        return
    ended = next((step for step in reversed(found.steps) if tag in step.tags), None)
    if ended is None:
        raise InputError(f"There is no tag '{tag}' in this project.")
    raise InputError(f"There is no tag '{tag}' any more: {ended.by} decided to {sentence(ended)}. Take that back "
                     "first, or choose another tag.")  # fmt: skip


def _plain(name: str) -> str:
    return name.strip().casefold()


_TAKEN: dict[Kind, Callable[[Standing, Ruling, dict[str, set[str]]], None]] = {
    Kind.TARGET: _take_target,
    Kind.ASSIGN: _take_assignment,
    Kind.RELATE: _take_relation,
    Kind.PROPOSE: _take_proposal,
    Kind.PIN: _take_pin,
    Kind.DEFINE: _take_definition,
    Kind.DROP: _take_drop,
    Kind.MERGE: _take_name,
    Kind.RENAME: _take_name,
}
