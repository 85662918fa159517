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
            f"Between {percent(whole.rate.low)} and {percent(whole.rate.high)} of labels were wrong as given; "
            f"{whole.found:,} errors are found. With {whole.drawn:,} random audit answers it cannot be said more "
            f"exactly; at {SURE:,} this line names one rate." + _waiting(found.waiting)
        )
    given = f"About {percent(whole.rate.value)} of labels were wrong as given ({span(whole.rate)})"
    left = f"so that {percent(whole.rate_left.value)} of labels are still wrong ({span(whole.rate_left)})"
    return f"{given}; {percent(whole.share_found.value)} of the errors are found, {left}; {_more(found)}."


def _waiting(count: int) -> str:
    if not count:
        return ""
    more = f"{count:,} more answers count" if count > 1 else "1 more answer counts"
    return f" {more} once earlier draws are answered: the queue without filters asks them first."


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
    most = found.whole.left.high
    if found.all_answered:
        return "Every label was checked, so none is left that the reviewers saw."
    if not found.told:
        return f"How many errors are left is not known: anything up to {most:,.0f} fits the answers so far."
    best, low, high = errors_left(found)
    best = f"About {best} wrong labels are left" if found.sure else "Wrong labels left"
    return f"{best}: {low} to {high} (95 % interval), of {found.whole.cells:,} labels in all."


def errors_left(found: Triage) -> tuple[str, str, str]:
    """The best value, the low and the high end; no more than there are labels without an answer."""
    left = found.whole.left
    best, low, high = (count(number, found.unanswered) for number in (left.value, left.low, left.high))
    return best, low, high


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
    elif found.reached:
        steps.append("By the estimate the target is reached, but the stop rule is not sure yet: let the audit go on "
                     f"(order “By chance”{_to_stop(found)}).")  # fmt: skip
    elif math.isnan(found.cost.verdicts.value):
        steps.append(
            "Look again at what was left unsure or set aside: every other label that is still asked is answered."
        )
    elif _in_reach(found):
        steps.append(f"Give {effort(found)} until the errors left are expected to be within {percent(found.target)}"
                     f"{_time(found)}. The stop rule is stricter, and met later: it goes by the audit's answers "
                     "alone.")  # fmt: skip
    else:
        steps.append(f"Go on in the queue: {percent(found.target)} is expected to take more than {AHEAD:,} verdicts.")
    if not found.stop.met and (worst := worst_tags(found)):
        names = ", ".join(f"{tag} ({count(rate.left.low)} to {count(rate.left.high)})" for tag, rate in worst)
        steps.append(f"Begin with the tags that surely hold the most errors left: {names}.")
    return steps


def _to_stop(found: Triage) -> str:
    """How many more draws the stop rule is expected to want."""
    if found.to_stop is None or math.isinf(found.to_stop.low):
        return ""
    low, best, high = (count(end) for end in (found.to_stop.low, found.to_stop.value, found.to_stop.high))
    if best == DASH:
        return f"; the rule will want at least {low} more answers"
    return f"; the rule will want about {best} more answers, {low} {'at least' if high == DASH else f'to {high}'}"


def worst_tags(found: Triage, most: int = 5) -> list[tuple[str, ErrorRate]]:
    """The tags with the most errors left by the low end of the interval, of those about which something is known."""
    pairs = [pair for pair in zip(found.tags, found.by_tag, strict=True) if not range_alone(pair[1])]
    pairs = [pair for pair in pairs if pair[1].left.low >= 1 and not says_nothing(pair[1].rate)]
    return sorted(pairs, key=lambda pair: -pair[1].left.low)[:most]


def _more(found: Triage) -> str:
    target = percent(found.target)
    if found.stop.met:
        return f"the target of {target} is met"
    if found.reached:
        return f"by the estimate that is within the target of {target}, but the stop rule is not sure yet"
    if math.isnan(found.cost.verdicts.value):
        return f"what keeps it from {target} was left unsure or set aside"
    if _in_reach(found):
        return f"{effort(found)} to reach {target}"
    return f"the next {AHEAD:,} verdicts are not expected to reach {target}"


def _in_reach(found: Triage) -> bool:
    """Whether the forecast reaches the target; where it looks at every label that is left, they all are at the most."""
    return math.isfinite(found.cost.verdicts.value) or found.unanswered <= AHEAD


def effort(found: Triage) -> str:
    """How many more verdicts the forecast wants for the target, with its range; no more than there are labels."""
    best = count(found.cost.verdicts.value, found.unanswered)
    ends = verdicts_to_target(found)
    return f"about {best} more verdicts" + (f" ({ends})" if ends != best else "")


def verdicts_to_target(found: Triage) -> str:
    """The range of the verdicts to the target; the forecast looks no further than `AHEAD` verdicts."""
    most = found.unanswered
    beyond = f"more than {AHEAD:,}" if most > AHEAD else f"{most:,}"
    ends = found.cost.verdicts.low, found.cost.verdicts.high
    low, high = (count(end, most) if math.isfinite(end) else beyond for end in ends)
    return f"{low}–{high}" if low != high else low


def hours_to_target(found: Triage) -> str:
    """The range of the hours to the target; '' where nothing tells."""
    low, high = found.cost.hours.low, found.cost.hours.high
    if not math.isfinite(low):
        return ""
    return f"{_hours(low)}–{_hours(high)}" if math.isfinite(high) else f"{_hours(low)} or more"


def _time(found: Triage) -> str:
    hours = found.cost.hours.value
    if not math.isfinite(hours):
        return ""
    best = f"{_hours(hours)} hours" if hours >= 1 else f"{max(1, round(60 * hours))} minutes"
    return f", about {best} at the pace so far"


def _hours(number: float) -> str:
    return f"{number:,.1f}" if number < 10 else count(number)


def count(number: float, most: float = math.inf) -> str:
    """A whole number with two leading digits: more would be false precision; "—" where nothing tells. What rounding
    would bring above `most` is `most`."""
    if math.isnan(number) or math.isinf(min(number, most)):
        return DASH
    number = min(number, most)
    rounded = int(round(number, 1 - math.floor(math.log10(number))) if number >= 100 else round(number))
    return f"{min(rounded, most):,.0f}"


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


def surest_first(rate: ErrorRate) -> tuple[bool, float, float]:
    """For sorting: by what is surely still wrong, the low end of the interval (one draw alone can say 100 %), where
    that is the same by what is surely wrong as given; what nothing tells about comes last."""
    return unknown(rate), -rate.rate_left.low, -rate.rate.low


def is_told(rate: ErrorRate) -> bool:
    """Whether anything tells about some labels beside what was suspicious: a draw, or that all are answered."""
    return bool(rate.drawn or rate.answered == rate.cells)


def unknown(rate: ErrorRate) -> bool:
    """Whether nothing is known of some labels that one could go by."""
    return math.isnan(rate.rate.value) or says_nothing(rate.rate)


def says_nothing(share: Estimate) -> bool:
    """Whether an interval of a share is so wide that it says nothing: more than half of all that could be."""
    return not share.high - share.low <= WIDE


def range_alone(rate: ErrorRate) -> bool:
    """Whether the interval stands without its best value."""
    return says_too_much(rate.drawn, rate.answered, rate.cells, rate.left.value, rate.left.low)


def says_too_much(drawn: int, answered: int, cells: int, left: float, low: float) -> bool:
    """Whether one number would: chance has asked little about these labels, or has found nothing in what it asked, so
    that the errors left are the low end, what is certain, and would be read as "done"."""
    return answered < cells and (drawn < FEW or left < low + 0.5)


def _rate(rate: ErrorRate) -> str:
    if says_nothing(rate.rate):
        return f"{NOT_KNOWN}: {rate.drawn:,} drawn"
    left = rate.rate_left
    return f"{span(left) if range_alone(rate) else f'{percent(left.value)} ({span(left)})'} still wrong"
