"""Every table of the triage page and the report, and one sentence for each of their columns.

Rows are plain dictionaries by column; None stands where nothing can tell. Shares are fractions here ("rate 0.021"), so
that a file can be calculated with; pages and reports show them in per cent.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelreview.decisions import Direction
from labelreview.desk.project import Project
from labelreview.desk.triage import groups, matters, model, people
from labelreview.desk.triage.figures import Triage
from labelreview.desk.triage.words import surest_first
from labelreview.formats.tables import write_csv
from labelreview.review.estimates import CoWrong, ErrorRate, Estimate, Impact
from labelreview.rulings import Assignment

Row = dict[str, object]
SHARES = {"rate", "rate_left", "rate_before", "rate_after", "missed", "invented", "present", "plain",
          "mean_probability", "agreement"}  # fmt: skip
WHOLE = {"errors_left", "wrong_before", "wrong_after", "difference_wrong", "per_hour"}  # shown without decimals

DIGITS = {"given": 3, "corrected": 3, "seconds_median": 3, "seconds_mean": 3}  # of a number shown, where not two

# Column → what it says, in one sentence. docs/estimates.md has the formula of each; a test holds the two together.
EXPLAINED = {
    "tag": "The tag as it is named in the labels file.",
    "direction": "wrong: the tag is given and should not be; missing: it is not given and should be.",
    "cells": "Labels (one tag of one item) that are known and scored.",
    "answered": "Labels with a certain verdict.",
    "audited": "Verdicts that chance asked for and that count: they alone tell about what was not asked.",
    "errors_found": "Verdicts that differ from the given label: counted, not estimated.",
    "errors_left": "Wrong labels expected among those not answered, estimated from the audit.",
    "errors_left_low": "Low end of the 95 % interval of the errors left.",
    "errors_left_high": "High end of the 95 % interval of the errors left.",
    "rate": "Share of labels that were wrong as given: errors found plus errors left, divided by all labels.",
    "rate_low": "Low end of the 95 % interval of the rate.",
    "rate_high": "High end of the 95 % interval of the rate.",
    "rate_left": "Share of labels that are still wrong: errors left, divided by all labels; what the target is about.",
    "rate_left_low": "Low end of its 95 % interval.",
    "rate_left_high": "High end of its 95 % interval.",
    "person": "Who takes care of the tag, as assigned on the page Tags.",
    "state": "How far they are: open, agreed (it is settled what the tag means), done.",
    "note": "What they were told.",
    "missed": "Of the items that truly have the tag, the share on which it was not given.",
    "missed_low": "Low end of its 95 % interval.",
    "missed_high": "High end of its 95 % interval.",
    "invented": "Of the items that truly lack the tag, the share on which it was given.",
    "invented_low": "Low end of its 95 % interval.",
    "invented_high": "High end of its 95 % interval.",
    "first": "The first tag of the pair; where tags are confused, the one that was given and is wrong.",
    "second": "The second tag of the pair; where tags are confused, the one that was missing.",
    "both_answered": "Items on which both tags have a verdict (of these directions, where tags are confused).",
    "first_wrong": "Of these items, those on which the first tag was wrong.",
    "second_wrong": "Of these items, those on which the second tag was wrong.",
    "both_wrong": "Of these items, those on which both were wrong.",
    "lift": "How many times as often as if the two errors had nothing to do with each other.",
    "p_value": "How seldom chance alone brings that many together (Fisher's exact test, one-sided).",
    "from": "Lower end of the bin.",
    "to": "Upper end of the bin.",
    "found_right": "Verdicts in the bin that agree with the given label.",
    "mean_probability": "Mean of the model's probabilities in the step.",
    "present": "Share of the step's labels that are truly present, by verdicts and audit.",
    "present_low": "Low end of its 95 % interval.",
    "present_high": "High end of its 95 % interval.",
    "plain": "Plain share of present among its verdicts: misleading, since the queue chose what looked wrong.",
    "column": "The column of the items file.",
    "value": "The value in that column.",
    "model": "The model, by the name of its predictions.",
    "on": "all: every known label; reviewed: those with a verdict alone, which were chosen as suspicious.",
    "figure": "macro: the mean over tags; micro: all labels in one; AP: average precision; F1 at 0.5.",
    "given": "The figure, judged by the labels as given.",
    "corrected": "The figure, judged by the labels after the verdicts.",
    "difference": "Corrected minus given: what the errors had hidden or lent.",
    "difference_low": "Low end of its 95 % interval (paired bootstrap over items).",
    "difference_high": "High end of its 95 % interval (paired bootstrap over items).",
    "rank_given": "The model's place by macro AP on the labels as given.",
    "rank_corrected": "The model's place by macro AP on the corrected labels.",
    "reviewer": "Who gave the verdicts that hold.",
    "verdicts": "Labels whose verdict that holds is this reviewer's, those left as unsure among them.",
    "unsure": "Verdicts that say unsure.",
    "seconds_median": "Median time from picture to verdict.",
    "seconds_mean": "Mean time from picture to verdict, a pause counted as a minute at most.",
    "per_hour": "Verdicts an hour at that mean.",
    "shared": "Labels that others checked too.",
    "agreement": "How often another reviewer said the same on these.",
    "agreement_low": "Low end of its 95 % interval.",
    "agreement_high": "High end of its 95 % interval.",
    "verdict": "Number of verdicts given.",
    "found": "Errors found by then.",
    "forecast": "Errors that will be found by then, by the model brought into line with the verdicts.",
    "forecast_low": "Low end of the band that should hold 95 % of futures.",
    "forecast_high": "High end of the band that should hold 95 % of futures.",
    "part": "all labels, or those given as present or as absent.",
    "answered_before": "Labels with a certain verdict at the earlier moment.",
    "answered_after": "Labels with a certain verdict at the later moment.",
    "found_before": "Errors found by the earlier moment.",
    "found_after": "Errors found by the later moment.",
    "rate_before": "Share of labels wrong as given, by what was known at the earlier moment.",
    "rate_before_low": "Low end of its 95 % interval.",
    "rate_before_high": "High end of its 95 % interval.",
    "rate_after": "Share of the same labels wrong as given, by what was known at the later moment.",
    "rate_after_low": "Low end of its 95 % interval.",
    "rate_after_high": "High end of its 95 % interval.",
    "wrong_before": "Labels still wrong at the earlier moment (or in the first file), by all known at the later.",
    "wrong_before_low": "Low end of its 95 % interval.",
    "wrong_before_high": "High end of its 95 % interval.",
    "wrong_after": "Labels still wrong at the later moment (or in the second file).",
    "wrong_after_low": "Low end of its 95 % interval.",
    "wrong_after_high": "High end of its 95 % interval.",
    "difference_wrong": "Wrong labels of the second file minus those of the first: it rests on the labels that differ.",
    "difference_wrong_low": "Low end of its 95 % interval.",
    "difference_wrong_high": "High end of its 95 % interval.",
    "added": "Labels that say present after and did not before.",
    "removed": "Labels that said present before and do not after.",
    "present_before": "Labels that say present in the first file.",
    "present_after": "Labels that say present in the second file.",
    "id": "The item.",
    "label_before": "Its label at the earlier moment or in the first file: 1 present, 0 absent, -1 unknown.",
    "label_after": "Its label at the later moment or in the second file: 1 present, 0 absent, -1 unknown.",
}  # fmt: skip


# The figures on top of the page and of the report: what each says. docs/estimates.md has the formulas, as above.
ON_TOP = {
    "Labels in all": "One label is one tag of one item, known and scored: the tag is there, or it is not.",
    "Verdicts": "Labels that people checked and were sure about; the most suspicious came first.",
    "Audit answers": "Verdicts on labels that were drawn by chance: these alone tell about the unchecked ones.",
    "Errors found": "Verdicts that differ from the given label: counted, not estimated.",
    "Errors left": "Wrong labels among those that nobody checked, estimated from the audit's answers.",
    "Wrong labels": "Errors found and left together, as a share of all labels: how wrong the labels were as given.",
    "Still wrong": "Errors left as a share of all labels: what the target is about, by the estimate.",
    "Share of the errors found": "Errors found, divided by errors found and left together.",
    "Still wrong at most": "The stop rule: with the confidence named, no more are wrong, however often one looks.",
    "Verdicts to the target": "By the forecast, until the errors left are at most the target's share of all labels.",
    "Hours to the target": "Verdicts to the target times the mean seconds of a verdict so far.",
}

# What people read above a column, where it is not its name.
TITLES = {
    "cells": "labels",
    "answered": "checked",
    "answered_before": "checked before",
    "answered_after": "checked after",
    "audited": "drawn by chance",
    "rate": "wrong as given",
    "rate_left": "still wrong",
    "both_answered": "both checked",
    "verdicts": "verdicts, with unsure",
    "p_value": "by chance",
    "on": "judged on",
    "rank_given": "place, given",
    "rank_corrected": "place, corrected",
    "seconds_median": "seconds, median",
    "seconds_mean": "seconds, mean",
    "per_hour": "an hour",
}


def title(column: str) -> str:
    """A column's name as a reader sees it."""
    base = column.removesuffix("_low").removesuffix("_high")
    end = ", from" if column.endswith("_low") else ", to" if column.endswith("_high") else ""
    return TITLES.get(base, base.replace("_", " ")) + end


@dataclass(frozen=True)
class Table:
    """name: of its file; rows may be none."""

    name: str
    title: str
    rows: list[Row]

    @property
    def columns(self) -> list[str]:
        return list(self.rows[0]) if self.rows else []


def tags(project: Project, found: Triage) -> list[Row]:
    """Error rate of each tag, the most surely still wrong first, and who takes care of it."""
    order = sorted(range(len(found.tags)), key=lambda at: surest_first(found.by_tag[at]))
    return tag_rows(project, [(found.tags[at], found.by_tag[at]) for at in order])


def tag_rows(project: Project, rates: Sequence[tuple[str, ErrorRate]]) -> list[Row]:
    """Tags with their rates, and to whom the meeting gave them."""
    held = project.meeting.standing().assignments
    nobody = Assignment("")
    about = ((tag, rate, held.get(tag, nobody)) for tag, rate in rates)
    return [
        {
            "tag": tag,
            **rate_row(rate),
            "person": who.person,
            "state": who.state.value if who.person else "",
            "note": who.note if who.person else "",
        }
        for tag, rate, who in about
    ]


def directions(_project: Project, found: Triage) -> list[Row]:
    return [{"direction": side.value, **rate_row(rate)} for side, rate in found.by_direction.items()]


def tags_by_direction(_project: Project, found: Triage) -> list[Row]:
    """Error rate of each tag in each direction in which anything tells about it, the most surely still wrong first."""
    sides = found.each_way.items()
    every = [(tag, side, rate) for side, rates in sides for tag, rate in zip(found.tags, rates, strict=True)]
    told = sorted((each for each in every if each[2].drawn or each[2].found), key=lambda each: surest_first(each[2]))
    return direction_rows(told)


def direction_rows(rates: Sequence[tuple[str, Direction, ErrorRate]]) -> list[Row]:
    return [{"tag": tag, "direction": side.value, **rate_row(rate)} for tag, side, rate in rates]


def noise(_project: Project, found: Triage) -> list[Row]:
    """How labels of each tag were turned, both ways."""
    pairs = zip(found.tags, found.noise, strict=True)
    return [{"tag": tag, **ends("missed", each.missed), **ends("invented", each.invented)} for tag, each in pairs]


def confused(_project: Project, found: Triage) -> list[Row]:
    return pair_rows(found, found.confused)


def co_wrong(_project: Project, found: Triage) -> list[Row]:
    return pair_rows(found, found.co_wrong)


def pair_rows(found: Triage, pairs: Sequence[CoWrong]) -> list[Row]:
    return [
        {
            "first": found.tags[pair.first],
            "second": found.tags[pair.second],
            "both_answered": pair.answered,
            "first_wrong": pair.first_wrong,
            "second_wrong": pair.second_wrong,
            "both_wrong": pair.both_wrong,
            "lift": pair.lift,
            "p_value": pair.p_value,
        }
        for pair in pairs
    ]


def quality(project: Project, _found: Triage) -> list[Row]:
    """Verdicts on the model's scores."""
    bars = model.histogram(project)
    edges = bars.edges.tolist()
    columns = zip(edges, edges[1:], bars.cells.tolist(), bars.right.tolist(), bars.wrong.tolist(), strict=False)
    return [dict(zip(("from", "to", "cells", "found_right", "errors_found"), row, strict=True)) for row in columns]


def reliability(project: Project, found: Triage) -> list[Row]:
    return [
        {
            "from": step.low,
            "to": step.high,
            "cells": step.cells,
            "answered": step.asked,
            "mean_probability": _told(step.mean),
            **ends("present", step.present),
            "plain": _told(step.plain),
        }
        for step in model.reliability(project, found)
    ]


def by_items(project: Project, found: Triage) -> list[Row]:
    """Error rate by the values of every column of the items file."""
    return [
        {"column": name, "value": value, **rate_row(rate)}
        for name, column in project.columns.all().items()
        for value, rate in zip(column.values, groups.rates(project, found, column), strict=True)
    ]


def leaderboard_rows(board: Sequence[matters.Model]) -> list[Row]:
    """Models × figures, on all cells and on the reviewed ones alone."""
    return [
        {"model": each.name, "on": on, **row, "rank_given": each.rank[0], "rank_corrected": each.rank[1]}
        for each in board
        for on, impact in (("all", each.everywhere), ("reviewed", each.reviewed))
        for row in impact_rows(impact)
    ]


def impact_rows(impact: Impact) -> list[Row]:
    figures = (("macro AP", impact.macro_ap), ("micro AP", impact.micro_ap), ("macro F1", impact.macro_f1),
               ("micro F1", impact.micro_f1))  # fmt: skip
    return [
        {"figure": name, "given": _told(each.given), "corrected": _told(each.corrected),
         **ends("difference", each.difference)}
        for name, each in figures
    ]  # fmt: skip


def tag_ap_rows(board: Sequence[matters.Model], names: Sequence[str]) -> list[Row]:
    """Average precision of each tag and model."""
    return [
        {"model": each.name, "tag": tag, "given": _told(change.given), "corrected": _told(change.corrected),
         **ends("difference", change.difference)}
        for each in board
        for tag, change in zip(names, each.everywhere.by_tag, strict=True)
    ]  # fmt: skip


def reviewers(project: Project, _found: Triage) -> list[Row]:
    return [
        {
            "reviewer": pace.reviewer,
            "verdicts": pace.verdicts,
            "errors_found": pace.found,
            "unsure": pace.unsure,
            "audited": pace.audited,
            "seconds_median": _told(pace.median),
            "seconds_mean": _told(pace.mean),
            "per_hour": _told(pace.per_hour),
            "shared": pace.shared,
            **ends("agreement", pace.agreement),
        }
        for pace in people.paces(project)
    ]


def curve(_project: Project, found: Triage) -> list[Row]:
    """Errors found by verdict n, and the forecast; at most 1,000 rows."""
    step = max(1, found.verdicts // 500)
    done: list[Row] = [
        {"verdict": at, "found": int(found.curve[at]), "forecast": None, "forecast_low": None, "forecast_high": None}
        for at in sorted({*range(0, found.verdicts, step), found.verdicts})
    ]
    if found.ahead is None:
        return done
    last, ahead = int(found.curve[-1]), found.ahead
    every = max(1, len(ahead.verdicts) // 500)
    names = ("verdict", "found", "forecast", "forecast_low", "forecast_high")
    parts = zip(*(part[::every].tolist() for part in (ahead.verdicts, ahead.found, ahead.low, ahead.high)), strict=True)
    coming = ((found.verdicts + n, None, *(last + end for end in ends)) for n, *ends in parts)
    return done + [dict(zip(names, row, strict=True)) for row in coming]


Maker = Callable[[Project, Triage], list[Row]]
TABLES: dict[str, tuple[str, Maker]] = {
    "tags": ("Error rate by tag", tags),
    "directions": ("Error rate by direction", directions),
    "tags-by-direction": ("Error rate by tag and direction", tags_by_direction),
    "noise": ("How labels of each tag were turned", noise),
    "confused": ("Tags that are confused", confused),
    "co-wrong": ("Tags that are wrong together", co_wrong),
    "quality": ("Verdicts on the scores", quality),
    "reliability": ("Predicted probability against the truth", reliability),
    "items": ("Error rate by columns of the items file", by_items),
    "models": ("Models before and after the corrections", lambda p, _: leaderboard_rows(matters.leaderboard(p))),
    "models-by-tag": ("Average precision of each tag", lambda p, f: tag_ap_rows(matters.leaderboard(p), f.tags)),
    "reviewers": ("Pace and agreement by reviewer", reviewers),
    "curve": ("Errors found, and the forecast", curve),
}


def write_tables(tables: Sequence[Table], folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Each table that has rows as `folder/NAME.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables:
        if table.rows:
            written.append(folder / f"{table.name}.csv")
            write_csv(written[-1], table.columns, (row.values() for row in table.rows), overwrite)
    return written


def rate_row(rate: ErrorRate) -> Row:
    return {
        "cells": rate.cells,
        "answered": rate.answered,
        "audited": rate.drawn,
        "errors_found": rate.found,
        **ends("errors_left", rate.left),
        **ends("rate", rate.rate),
        **ends("rate_left", rate.rate_left),
    }


def ends(name: str, estimate: Estimate) -> Row:
    return {name: _told(estimate.value), f"{name}_low": _told(estimate.low), f"{name}_high": _told(estimate.high)}


def _told(value: float) -> float | None:
    return round(float(value), 9) if math.isfinite(value) else None
