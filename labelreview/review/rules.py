"""Rules between tags: what one tag says about another, where the labels break it, and what would mend it.

PURE. An *implication* `cat → animal` holds where an item with *cat* also has *animal*; an *exclusion* `beard ×
no_beard` where no item has both. Only known labels break a rule: unknown is no answer. Support is a number of items,
confidence a share of them in [0, 1] (Agrawal, Imieliński & Swami 1993, "Mining association rules"), taken at the lower
end of its 95 % interval (Wilson 1927), since two cats that are animals are no proof.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels

Kind = Literal["implies", "excludes"]
IMPLIES: Kind = "implies"
EXCLUDES: Kind = "excludes"
SIGNS: dict[Kind, str] = {IMPLIES: "→", EXCLUDES: "×"}
Z = 1.959963984540054  # 95 %, two-sided
ROWS = 1 << 16
LEAST_EXPECTED = 10.0  # of an exclusion: with fewer meetings by chance, none is no surprise
MOST_OF_CHANCE = 0.05


@dataclass(frozen=True, order=True)
class TagRule:
    """`first → second` or `first × second`; the names of an exclusion stand in order, so that it is written one way."""

    kind: Kind
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.first} {SIGNS[self.kind]} {self.second}"


class Proposal(NamedTuple):
    """A rule that the labels keep almost always: how many items speak for it, how many against, how surely it holds."""

    rule: TagRule
    support: int
    against: int
    confidence: float


class Violation(NamedTuple):
    """An item (row) that breaks a rule."""

    row: int
    rule: TagRule


def implies(first: str, second: str) -> TagRule:
    """`first → second`; InputError for a tag that would imply itself."""
    if first == second:
        raise InputError(f"'{first}' cannot imply itself.")
    return TagRule(IMPLIES, first, second)


def excludes(first: str, second: str) -> TagRule:
    """`first × second`; InputError for a tag that would exclude itself."""
    if first == second:
        raise InputError(f"'{first}' cannot exclude itself.")
    return TagRule(EXCLUDES, *sorted((first, second)))


class Rules:
    """A consistent set of rules, closed under what follows from them.

    Raises InputError when implications run in a circle, or when a tag would exclude what it implies.

    >>> rules = Rules([implies("cat", "mammal"), implies("mammal", "animal"), excludes("animal", "plant")])
    >>> sorted(rules.above("cat")), sorted(rules.against("cat"))
    (['animal', 'mammal'], ['plant'])
    >>> rules.mends("cat", PRESENT, {"animal": ABSENT, "plant": PRESENT})
    {'animal': 1, 'mammal': 1, 'plant': 0}
    """

    def __init__(self, rules: Iterable[TagRule]) -> None:
        self.stated = tuple(dict.fromkeys(rules))
        up: dict[str, set[str]] = {}
        for rule in self.stated:
            if rule.kind == IMPLIES:
                up.setdefault(rule.first, set()).add(rule.second)
        self._above = {tag: _reached(tag, up) for tag in up}
        self._below: dict[str, set[str]] = {}
        for tag, above in self._above.items():
            for other in above:
                self._below.setdefault(other, set()).add(tag)
        self._against: dict[str, set[str]] = {}
        self._about: dict[str, list[TagRule]] = {}
        for rule in self.stated:
            self._about.setdefault(rule.first, []).append(rule)
            self._about.setdefault(rule.second, []).append(rule)
            if rule.kind == EXCLUDES:
                self._exclude(rule)

    def about(self, tag: str) -> list[TagRule]:
        """The stated rules that name a tag."""
        return self._about.get(tag, [])

    def named(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Those of some tags that a rule names, in their order."""
        return tuple(tag for tag in tags if tag in self._about)

    def related(self, tag: str) -> set[str]:
        """The tags whose labels may depend on a tag's."""
        above = self.above(tag)
        return (above | self.below(tag)).union(*(self.against(each) for each in (tag, *above))) - {tag}

    def _exclude(self, rule: TagRule) -> None:
        """What is excluded by a tag is excluded by all that imply it."""
        for one, other in ((rule.first, rule.second), (rule.second, rule.first)):
            for tag in (one, *self.below(one)):
                against = {other, *self.below(other)}
                if tag in against:
                    raise InputError(f"'{tag}' implies both '{rule.first}' and '{rule.second}', which exclude each "
                                     "other. Take one of these rules back.")  # fmt: skip
                self._against.setdefault(tag, set()).update(against)

    def above(self, tag: str) -> set[str]:
        """The tags that a tag implies, directly or not."""
        return self._above.get(tag, set())

    def below(self, tag: str) -> set[str]:
        """The tags that imply a tag, directly or not."""
        return self._below.get(tag, set())

    def against(self, tag: str) -> set[str]:
        """The tags that no item has together with a tag."""
        return self._against.get(tag, set())

    def mends(self, tag: str, label: int, others: Mapping[str, int]) -> dict[str, int]:
        """What an item's other labels must become so that `label` for `tag` breaks no rule; by name, changes alone.

        A label that is unknown is made known only where the rules leave no choice: a present tag's implications. Tags
        that `others` lacks count as unknown.
        """
        if label == PRESENT:
            wanted = dict.fromkeys(self.above(tag), PRESENT)
            held = {tag, *wanted}
            clash = {other for one in held for other in self.against(one) if others.get(other) == PRESENT}
            wanted |= {
                low: ABSENT for other in clash for low in (other, *self.below(other)) if others.get(low) == PRESENT
            }
        elif label == ABSENT:
            wanted = {low: ABSENT for low in self.below(tag) if others.get(low) == PRESENT}
        else:
            wanted = {}
        return {name: to for name, to in sorted(wanted.items()) if others.get(name, UNKNOWN) != to}

    def violations(self, labels: Labels, tags: Sequence[str]) -> Iterator[Violation]:
        """The items of (N, K) labels that break a stated rule, by rule; a rule about a tag that is not there rests."""
        for rule, broken in self.broken(labels, tags).items():
            yield from (Violation(int(row), rule) for row in np.flatnonzero(broken))

    def broken(self, labels: Labels, tags: Sequence[str]) -> dict[TagRule, npt.NDArray[np.bool_]]:
        """For each stated rule about tags that are there, (N,) bool: which items break it."""
        at = {tag: column for column, tag in enumerate(tags)}
        found = {}
        for rule in self.stated:
            if rule.first in at and rule.second in at:
                first, second = labels[:, at[rule.first]], labels[:, at[rule.second]]
                found[rule] = (first == PRESENT) & (second == (ABSENT if rule.kind == IMPLIES else PRESENT))
        return found

    def closed(self, labels: Labels, tags: Sequence[str]) -> Labels:
        """A copy of (N, K) labels in which a present tag's implications are present, whatever they were before."""
        at, closed = {tag: column for column, tag in enumerate(tags)}, labels.copy()
        for tag, above in self._above.items():
            if tag in at:
                has = labels[:, at[tag]] == PRESENT
                for other in above:
                    if other in at:
                        closed[has, at[other]] = PRESENT
        return closed


def _reached(tag: str, up: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(up[tag])
    while ahead:
        other = ahead.pop()
        if other == tag:
            raise InputError(f"The implications run in a circle through '{tag}'. If these tags mean the same, merge "
                             "them; else take one of the rules back.")  # fmt: skip
        if other not in found:
            found.add(other)
            ahead.extend(up.get(other, ()))
    return found


def proposed(labels: Labels, tags: Sequence[str], *, support: int = 10, confidence: float = 0.7) -> list[Proposal]:
    """Rules that (N, K) int8 labels mostly keep, the surest first; a proposal, for a person to accept.

    The default confidence is low on purpose: where tags are missing, a true rule is broken often.

    An implication is proposed when at least `support` items have both tags and the lower end of the confidence's
    interval is at least `confidence`, unless nearly every item has the implied tag anyway; of two tags that imply each
    other both ways are listed. An exclusion is proposed when chance would bring the tags together at least 10 times and
    they meet in at most 5 % of that. Raises InputError for a support below 1 or a confidence outside (0, 1).

    >>> labels = np.array([[1, 1, 0]] * 90 + [[0, 1, 0]] * 30 + [[0, 0, 1]] * 80, np.int8)
    >>> [str(found.rule) for found in proposed(labels, ["cat", "animal", "car"])]
    ['cat → animal', 'animal × car', 'car × cat']
    """
    if support < 1 or not 0 < confidence < 1:
        raise InputError(f"support={support} must be at least 1, and confidence={confidence} between 0 and 1.")
    both, one_alone, known, ones = _counts(labels)
    found = []
    for first, second in np.argwhere(both >= support):
        seen = both[first, second] + one_alone[first, second]
        sure = _lower(both[first, second], seen)
        base = ones[second, first] / max(known[first, second], 1)
        if first != second and sure >= confidence and base < (1 + sure) / 2 * confidence:
            rule = implies(tags[first], tags[second])
            found.append(Proposal(rule, int(both[first, second]), int(one_alone[first, second]), float(sure)))
    return sorted(found + _exclusions(both, known, ones, tags, support), key=lambda each: (-each.confidence, each.rule))


def _exclusions(
    both: npt.NDArray[np.int64], known: npt.NDArray[np.int64], ones: npt.NDArray[np.int64],
    tags: Sequence[str], support: int,
) -> list[Proposal]:  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = ones * (ones.T / known)
        rare = (
            (expected >= LEAST_EXPECTED) & (both <= MOST_OF_CHANCE * expected) & (np.minimum(ones, ones.T) >= support)
        )
    found = []
    for first, second in np.argwhere(np.triu(rare, 1)):
        fewer, met = min(ones[first, second], ones[second, first]), both[first, second]
        rule = excludes(tags[first], tags[second])
        found.append(Proposal(rule, int(fewer - met), int(met), float(_lower(fewer - met, fewer))))
    return found


def _counts(labels: Labels) -> tuple[npt.NDArray[np.int64], ...]:
    """(K, K) counts over items that know both tags: both present, the first alone, known, the first present."""
    size = labels.shape[1]
    both, known, ones = (np.zeros((size, size)) for _ in range(3))
    for at in range(0, len(labels), ROWS):
        block = labels[at : at + ROWS]
        has, knows = (block == PRESENT).astype(np.float32), (block != UNKNOWN).astype(np.float32)
        both += has.T @ has
        known += knows.T @ knows
        ones += has.T @ knows
    counts = (both, ones - both, known, ones)
    return tuple(np.rint(count).astype(np.int64) for count in counts)


def _lower(hits: float, seen: float) -> float:
    """The lower end of Wilson's interval of a share."""
    share = hits / seen
    middle = share + Z * Z / (2 * seen)
    spread = Z * float(np.sqrt(share * (1 - share) / seen + Z * Z / (4 * seen * seen)))
    return float((middle - spread) / (1 + Z * Z / seen))
