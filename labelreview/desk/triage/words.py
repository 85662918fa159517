"""The figures in words: the answer, the stop rule, what to do next, and one sentence for every number.

Numbers are rounded to what they are sure of: a rate to two digits, a count of verdicts too.
"""

import math
from collections.abc import Sequence

from labelreview.desk.triage.figures import AHEAD, FEW, FEWEST, SURE, Triage
from labelreview.review.estimates import ErrorRate, Estimate

DASH = "\N{EM DASH}"
LEAST = 1e-9  # a share: less is how the arithmetic rounds
NOT_KNOWN, WIDE = "not yet known", 0.5
MOST_TAGS = 50  # lines of a terminal that somebody reads


def sentence(found: Triage) -> str:
    """The answer in one or two sentences; where chance has asked too little, the range alone, or what is missing."""
    whole = found.whole
    if not found.told:
        return (
            f"{whole.drawn:,} of the {FEWEST:,} random audit answers that a first range needs: nobody can say yet how "
            "many labels are wrong. The ranked queue alone cannot tell, since it asks only what is suspicious; every "
            "tenth question of the queue without filters is drawn by chance." + _waiting(found.waiting)
        )
    if not found.sure:
        return (
            f"Between {percent(whole.rate.low)} and {percent(whole.rate.high)} of labels are wrong; {whole.found:,} "
            f"errors are found. With {whole.drawn:,} random audit answers it cannot be said more exactly; at "
            f"{SURE:,} this line names one rate." + _waiting(found.waiting)
        )
    parts = [
        f"About {percent(whole.rate.value)} of labels are wrong ({span(whole.rate)})",
        f"{percent(whole.share_found.value)} of the errors are found",
        f"{_more(found)} {percent(found.target)}",
    ]
    return "; ".join(parts) + "."


def _waiting(count: int) -> str:
    if not count:
        return ""
    more = f"{count:,} more answers count" if count > 1 else "1 more answer counts"
    return f" {more} once earlier draws, open in some tab, are answered."


def stop_sentence(found: Triage) -> str:
    """What the stop rule says."""
    stop = found.stop
    met = "The target is met" if stop.met else "The target is not met yet"
    return (
        f"{met}: with {percent(stop.confidence)} confidence at most {percent(stop.rate_at_most)} of labels are "
        f"still wrong ({stop.left_at_most:,} of {stop.cells:,}); the target is {percent(stop.target)}."
    )


def left_sentence(found: Triage) -> str:
    """How many errors are left, and how sure that is."""
    left = found.whole.left
    if found.all_answered:
        return "Every label was checked, so none is left that the reviewers saw."
    if not found.told:
        return f"How many errors are left is not known: anything up to {left.high:,.0f} fits the answers so far."
    best = f"About {count(left.value)} wrong labels are left" if found.sure else "Wrong labels left"
    return f"{best}: {count(left.low)} to {count(left.high)} (95 % interval), of {found.whole.cells:,} labels in all."


def next_steps(found: Triage) -> list[str]:
    """What to do next, most useful first."""
    steps = []
    if found.stop.met:
        steps.append(f"Stop, if {percent(found.target)} is good enough: the stop rule says that the target is met.")
    elif not found.sure:
        missing = SURE - found.whole.drawn
        steps.append(
            f"Go on in the queue without filters, with “All cells” when the suspects are answered: {missing:,} more "
            f"random audit answers (about {10 * missing:,} verdicts, or {missing:,} in the order “By chance”) make the "
            "estimate fit to quote."
        )
    elif found.whole.left.value <= found.target * found.whole.cells:
        steps.append("By the estimate the target is reached, but the stop rule is not sure yet: let the audit go on.")
    elif math.isfinite(found.cost.verdicts.value):
        hours = found.cost.hours.value
        time = f", about {hours:,.1f} hours at the pace so far" if math.isfinite(hours) else ""
        steps.append(f"Give about {count(found.cost.verdicts.value)} more verdicts to reach "
                     f"{percent(found.target)}{time}.")  # fmt: skip
    if worst := worst_tags(found):
        names = ", ".join(f"{tag} (about {count(rate.left.value)})" for tag, rate in worst)
        steps.append(f"Begin with the tags that hold the most errors left: {names}.")
    return steps or ["Nothing: no error is expected to be left."]


def worst_tags(found: Triage, most: int = 5) -> list[tuple[str, ErrorRate]]:
    """The tags with the most errors left by the estimate, of those that chance has asked enough about."""
    pairs = [pair for pair in zip(found.tags, found.by_tag, strict=True) if pair[1].drawn >= FEW]
    pairs = [pair for pair in pairs if pair[1].left.value >= 1]
    return sorted(pairs, key=lambda pair: -pair[1].left.value)[:most]


def _more(found: Triage) -> str:
    verdicts = found.cost.verdicts.value
    if found.whole.left.value <= found.target * found.whole.cells:
        return "by the estimate no more verdicts are needed to reach"
    if math.isfinite(verdicts):
        return f"about {count(verdicts)} more verdicts to reach"
    return f"the next {AHEAD:,} verdicts are not expected to reach"


def count(number: float) -> str:
    """A whole number with two leading digits: more would be false precision; "—" where nothing tells."""
    if not math.isfinite(number):
        return DASH
    return f"{int(round(number, 1 - math.floor(math.log10(number))) if number >= 100 else round(number)):,}"


def percent(share: float) -> str:
    """A share in per cent, "—" where nothing tells."""
    if math.isnan(share):
        return DASH
    number = f"{100 * share:.2g}" if LEAST < share < 0.1 else f"{100 * share:.0f}"
    return f"{number}\N{NO-BREAK SPACE}%"


def span(estimate: Estimate) -> str:
    """An interval in per cent."""
    return f"{percent(estimate.low)[:-2]}–{percent(estimate.high)}" if not math.isnan(estimate.low) else DASH


def lines(found: Triage, most: int | None = MOST_TAGS) -> Sequence[str]:
    """The figures for a terminal; of more tags than `most`, those about which most is known, and a word on the rest."""
    sides = [f"  {side.value:<10} {_rate(rate)}" for side, rate in found.by_direction.items()]
    tags = sorted(zip(found.tags, found.by_tag, strict=True), key=lambda pair: surest_first(pair[1]))
    rows = [f"  {tag}: {_rate(rate)}, {rate.found:,} found" for tag, rate in tags[:most]]
    if len(rows) < len(tags):
        rows.append(
            f"  and {len(tags) - len(rows):,} more tags: --all lists them, --json and report --tables have them."
        )
    counts = (
        f"{found.verdicts:,} verdicts, {found.whole.drawn:,} of them by the audit; {found.whole.found:,} errors found."
    )
    return [sentence(found), stop_sentence(found), counts, "By direction:", *sides, "By tag:", *rows]


def surest_first(rate: ErrorRate) -> tuple[bool, float]:
    """For sorting: by the low end of the interval (one draw alone can say 100 %), what nothing tells about last."""
    return math.isnan(rate.rate.value) or says_nothing(rate.rate), -rate.rate.low


def says_nothing(share: Estimate) -> bool:
    """Whether an interval of a share is so wide that it says nothing: more than half of all that could be."""
    return not share.high - share.low <= WIDE


def few(audited: int, answered: int, cells: int) -> bool:
    """Whether chance has asked so little about some labels that one number would say too much: the range alone."""
    return audited < FEW and answered < cells


def _rate(rate: ErrorRate) -> str:
    if says_nothing(rate.rate):
        return f"{NOT_KNOWN}: {rate.drawn:,} drawn"
    alone = few(rate.drawn, rate.answered, rate.cells)
    return span(rate.rate) if alone else f"{percent(rate.rate.value)} ({span(rate.rate)})"
