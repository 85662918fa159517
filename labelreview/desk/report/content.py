"""What the report says, in reading order, as blocks that HTML and Markdown set each in their way."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from labelreview.desk import predictions, triage
from labelreview.desk.project import Project
from labelreview.desk.report import svg
from labelreview.desk.report.blocks import MOST, Block, Chapter, Facts, List, Picture, Report, Rows, Text
from labelreview.desk.triage import (
    TABLES,
    Table,
    Triage,
    compared,
    count,
    kinds,
    known,
    matters,
    model,
    percent,
    span,
    tables,
)
from labelreview.desk.triage.compared import Comparison
from labelreview.desk.triage.moments import When
from labelreview.desk.triage.tables import ON_TOP
from labelreview.review.estimates import CoWrong, ErrorRate, Estimate
from labelreview.review.tagplan import sentence

RATES = ("cells", "answered", "audited", "errors_found", "errors_left", "rate", "rate_left")
BY_TAG = {"tags": ("tag", *RATES), "tags-by-direction": ("tag", "direction", *RATES)}
PAIR = ("first", "second", "both_wrong", "both_answered", "lift", "p_value")
PERSON = (
    "reviewer",
    "verdicts",
    "errors_found",
    "unsure",
    "audited",
    "seconds_median",
    "per_hour",
    "shared",
    "agreement",
)
MOMENTS = ("answered_before", "answered_after", "found_before", "found_after", "wrong_before", "wrong_after", "added",
           "removed")  # fmt: skip
WORDS = {
    "Label": "one tag of one item. It says that the tag is there (present) or is not (absent).",
    "Wrong": "a label that says the opposite of what is true. A person who looked at the item decided, and that "
             "verdict is taken for the truth.",
    "Errors found and left": "a wrong label is found when a person has seen and corrected it, and left when nobody has "
                             "checked it yet. Found ones are counted, left ones estimated.",
    "Audit": "labels drawn by chance from all that were not checked, whatever the model thinks of them. Most questions "
             "ask what looks wrong, so they tell nothing about the rest; the audit does.",
    "Interval, as in “2 % (1.5–2.7 %)”": "the number is the best estimate, and in 95 of 100 such projects the true one "
                                         "lies between the two ends. Few audit answers make it wide.",
    "Target": "at most {target} of labels still wrong, as the team has set it. It is met when the stop rule is {sure} "
              "sure of that: a bound from above alone, which holds however often one looks.",
    "Not yet known: 3 drawn": "chance has asked so little here (3 labels) that the interval would span more than half "
                              "of all that could be. The CSV files have it all the same.",
    triage.DASH: "nothing can tell: chance has asked nothing there, or too little to name one number.",
}  # fmt: skip
WORST = 5  # tags named in a sentence
TWICE = 2  # items: what was seen once is an accident as likely as a habit


def gathered(
    project: Project,
    found: Triage | None = None,
    board: Sequence[matters.Model] | None = None,
    *,
    embeddings: Path | None = None,
    since: When = None,
    people: bool = True,
    progress: predictions.Progress = predictions.nothing,
) -> Report:
    """Everything that the report says, as the log stands now. found, board: where they are known already; embeddings:
    of a .npy file, to learn from corrections; since: an earlier moment, to say what has changed; people: how each
    person does, which not every reader may see."""
    found = found or triage.figures(project)
    board = matters.leaderboard(project) if board is None else board
    every = {name: Table(name, title, make(project, found)) for name, (title, make) in TABLES.items()
             if not name.startswith("models") and (people or name != "reviewers")}  # fmt: skip
    every["models"] = Table("models", TABLES["models"][0], tables.leaderboard_rows(board))
    every["models-by-tag"] = Table("models-by-tag", TABLES["models-by-tag"][0], tables.tag_ap_rows(board, found.tags))
    learned = matters.learned(project, embeddings, progress) if embeddings else None
    if learned:
        every["learned"] = Table("learned", "Learned from the corrections", tables.impact_rows(learned.gain))
    changes = compared.compared(project, since) if since is not None else None
    every |= {table.name: table for table in (compared.tables(project, changes) if changes else ())}
    chapters = [
        _answer(found),
        _words(found),
        _changed(changes, every),
        _where(found, every),
        _course(found),
        _kinds(found, every),
        _model(project, found, every),
        _sources(every),
        _matters(board, every, learned) if found.verdicts else Chapter("Does it matter?"),
        *([_people(every)] if people else []),
        _meeting(project),
        _method(project, found),
    ]
    kept = [chapter for chapter in chapters if chapter.blocks]
    return Report(f"Label quality of {project.card.name}", _subtitle(project), kept, list(every.values()))


def _subtitle(project: Project) -> str:
    """Of what the report is, and when it was made."""
    labels = f"{project.card.items:,} items × {len(project.card.tags):,} tags from {project.card.labels_file}"
    return f"{labels} · {datetime.now(UTC).strftime('%d %B %Y, %H:%M UTC')}"


def _answer(found: Triage) -> Chapter:
    whole, hours = found.whole, found.cost.hours
    shares = whole.share_found
    told, sure, (left, low, high) = found.told, found.sure, triage.errors_left(found)
    facts = [
        ("Labels in all", f"{whole.cells:,}", ""),
        ("Verdicts", f"{whole.answered:,}", ""),
        ("Audit answers", f"{whole.drawn:,}", ""),
        ("Errors found", f"{whole.found:,}", ""),
        ("Errors left", left if sure else triage.DASH, f"{low}–{high}" if told else f"at most {high}"),
        ("Wrong labels", percent(whole.rate.value) if sure else triage.DASH, span(whole.rate) if told else ""),
        ("Still wrong", percent(whole.rate_left.value) if sure else triage.DASH, span(whole.rate_left) if told else ""),
        ("Share of the errors found", percent(shares.value) if sure else triage.DASH, span(shares) if told else ""),
        ("Still wrong at most", percent(found.stop.rate_at_most), ""),
        ("Verdicts to the target", _more(found), _verdicts(found)),
        (
            "Hours to the target",
            f"{hours.value:,.1f}" if sure and 0 < hours.value < 1e9 else triage.DASH,
            triage.hours_to_target(found) if sure and hours.value > 0 else "",
        ),
    ]
    return Chapter(
        "The answer",
        [
            Text(triage.sentence(found), strong=True),
            Text(triage.left_sentence(found)),
            Text(triage.stop_sentence(found)),
            Text("What next:"),
            List(triage.next_steps(found)),
            Facts([(*fact, ON_TOP[fact[0]]) for fact in facts]),
        ],
    )


def _words(found: Triage) -> Chapter:
    """What somebody needs to know who never saw the tool."""
    named = {"target": percent(found.target), "sure": percent(found.stop.confidence)}
    return Chapter("What the words mean", [List([f"{word}: {told.format(**named)}" for word, told in WORDS.items()])])


def _changed(found: Comparison | None, every: dict[str, Table]) -> Chapter:
    if found is None:
        return Chapter("What has changed")
    title = f"What has changed since {found.before.title.removeprefix('before ').removeprefix('after ')}"
    lines = [(found.tags[at], found.by_tag[at].rates_left) for at in compared.most_changed(found, MOST)]
    blocks: list[Block] = [List(compared.sentences(found)[1:]), Rows(every["compared"], ("part", *MOMENTS))]
    if lines:
        told = ("Share of labels still wrong in the tags that changed most, before (above, blue) and now (below): both "
                "by what is known now.")  # fmt: skip
        blocks.append(Picture(svg.before_and_after(lines), told))
    return Chapter(title, [*blocks, Rows(every["compared-tags"], ("tag", *MOMENTS))])


def _verdicts(found: Triage) -> str:
    known = found.sure and not found.all_answered and not math.isnan(found.cost.verdicts.low)
    return triage.verdicts_to_target(found) if known else ""


def _more(found: Triage) -> str:
    if not found.sure:
        return triage.DASH
    return "0" if found.reached else count(found.cost.verdicts.value, found.unanswered)


def _where(found: Triage, every: dict[str, Table]) -> Chapter:
    order = sorted(zip(found.tags, found.by_tag, strict=True), key=lambda pair: triage.surest_first(pair[1]))
    told = [(tag, rate) for tag, rate in order if triage.is_told(rate)][:MOST]
    blocks: list[Block] = [
        Text("A label can be wrong in two ways: the tag is there and should not be (wrong), or it is not there and "
             "should be (missing). Each part is estimated from its own draws, so that parts need not add up to "
             "the whole."),
    ]  # fmt: skip
    if not found.verdicts:
        return Chapter("Where the errors are", [*blocks, Text("Where they are is not known: no label was checked.")])
    blocks.append(Rows(every["directions"], ("direction", *RATES)))
    if told:
        chart = svg.intervals([(tag, _drawn(rate)) for tag, rate in told], target=found.target)
        said = (
            "Share of each tag's labels that are still wrong (dot) with its 95 % interval (line), those most surely "
            "wrong on top; the dotted line is the target. A long line means that chance has asked little about the "
            "tag; where it has asked fewer than five, or found nothing more, there is no dot."
        )
        blocks.append(Picture(chart, said))
    if most := [pair for pair in sorted(order, key=lambda pair: -pair[1].found) if pair[1].found][:WORST]:
        names = ", ".join(f"{tag} ({rate.found:,})" for tag, rate in most)
        blocks.append(Text(f"The tags in which most errors were found, and corrected: {names}."))
    rows = (Rows(every[name], columns) for name, columns in BY_TAG.items())
    return Chapter("Where the errors are", [*blocks, *rows])


def _drawn(rate: ErrorRate) -> Estimate:
    """A rate as the chart draws it: the range alone where one number would say too much."""
    left = rate.rate_left
    return Estimate(math.nan, left.low, left.high) if triage.range_alone(rate) else left


def _course(found: Triage) -> Chapter:
    if not found.verdicts:
        return Chapter("What was done")
    words = (f"{found.whole.found:,} errors in {found.verdicts:,} verdicts"
             + (f" ({found.unsure:,} more were left as unsure)" if found.unsure else "")
             + ". Where the line flattens, the suspicious labels are used up.")  # fmt: skip
    return Chapter("What was done", [Text(words), Picture(svg.curve(found), "Errors found by number of "
                                                                            "verdicts, and the forecast "
                                                                            "with the band that should "
                                                                            "hold 95 % of futures.")])  # fmt: skip


def _kinds(found: Triage, every: dict[str, Table]) -> Chapter:
    blocks: list[Block] = []
    listed = [pair for pair in kinds.standing_out(found.confused) if pair.both_wrong >= TWICE]
    if listed:
        heat = kinds.heat_map(found, listed, symmetric=False)
        blocks += [
            Text("Tags that seem to be confused: the first was given and is wrong, the second was missing on the same "
                 "item. These items were not drawn by chance: a pair says where to look, not how frequent it is."),
            Picture(svg.heat(heat), "Items by the tag wrongly given (row) and the tag missing (column)."),
            _often(found, every["confused"], listed),
        ]  # fmt: skip
    if (together := _often(found, every["co-wrong"], found.co_wrong)).table.rows:
        blocks += [Text("Tags that were wrong on the same item at least twice, whichever way."), together]
    if not blocks and any(every[name].rows for name in ("confused", "co-wrong")):
        blocks.append(Text("No pair of tags stands out as confused or wrong together: chance explains all of them."))
    told = [row for row in every["noise"].rows if not all(known.unknown(row, way) for way in ("missed", "invented"))]
    if told:
        worst = sorted(told, key=lambda row: -max(_low(row, "missed"), _low(row, "invented")))
        blocks += [
            Text("How often a tag is left out where it belongs (missed), and given where it does not (invented)."),
            Rows(Table("noise", every["noise"].title, worst), ("tag", "missed", "invented")),
        ]
    return Chapter("Kinds of errors", blocks)


def _often(found: Triage, table: Table, pairs: Sequence[CoWrong]) -> Rows:
    often = [pair for pair in kinds.standing_out(pairs) if pair.both_wrong >= TWICE]
    return Rows(Table(table.name, table.title, tables.pair_rows(found, often)), PAIR)


def _low(row: tables.Row, name: str) -> float:
    return float(str(row[f"{name}_low"] or 0))


def _model(project: Project, found: Triage, every: dict[str, Table]) -> Chapter:
    if not found.verdicts:
        return Chapter("The model that chose what to ask")
    bars, steps = model.histogram(project), model.reliability(project, found)
    return Chapter(
        "The model that chose what to ask",
        [
            Text("Each label has a quality score: low means that the model thinks it wrong. With a model that "
                 "helps, verdicts on the left find errors most often."),
            Picture(svg.quality(bars), "Verdicts by label quality, found wrong above found right; the line is the "
                                       "share found wrong."),
            Picture(svg.reliability(steps), "Predicted probability against the share that is truly present, "
                                            "weighted by the random audit, with 95 % intervals. On the diagonal the "
                                            "model keeps its word."),
        ],
    )  # fmt: skip


def _sources(every: dict[str, Table]) -> Chapter:
    table = every["items"]
    return Chapter("By column of the items file", [Rows(table, ("column", "value", *RATES))] if table.rows else [])


def _matters(board: Sequence[matters.Model], every: dict[str, Table], learned: matters.Learned | None) -> Chapter:
    blocks: list[Block] = [
        Text("Each model judged twice: by the labels as given, and by the corrected ones. On all labels only what "
             "was reviewed is corrected. The reviewed ones alone were chosen as suspicious, so their figures are "
             "low by choice."),
        Rows(every["models"], ("model", "on", "figure", "given", "corrected", "difference")),
    ]  # fmt: skip
    if len(board) > 1:
        lines = [(each.name, each.everywhere.macro_ap, each.rank) for each in board]
        blocks.append(
            Picture(svg.ranks(lines), "Mean average precision of each model, as given and corrected, with ranks.")
        )
    if learned:
        blocks += [
            Text(f"A logistic head on the embeddings {learned.source}, learned from the given labels (given) and "
                 f"from the corrected ones (corrected; {learned.changed:,} labels differ), both judged by the "
                 "corrected labels on items that they did not see."),
            Rows(every["learned"], ("figure", "given", "corrected", "difference")),
        ]  # fmt: skip
    return Chapter("Does it matter?", blocks)


def _people(every: dict[str, Table]) -> Chapter:
    table = every["reviewers"]
    return Chapter("Who checked", [Rows(table, PERSON)] if table.rows else [])


def _meeting(project: Project) -> Chapter:
    """Who takes care of which tag, and what was decided about tags."""
    held, blocks = project.meeting.standing(), list[Block]()
    assigned = [
        f"{tag}: {who.person} ({who.state.value}){f' — {who.note}' if who.note else ''}"
        for tag, who in held.assignments.items()
        if who.person
    ]
    if assigned:
        more = [f"and {len(assigned) - MOST:,} more tags"] if len(assigned) > MOST else []
        blocks += [Text("Tags that somebody takes care of:"), List(assigned[:MOST] + more)]
    if held.steps:
        steps = [f"{sentence(step)}, {step.by}{f': {step.why}' if step.why else ''}" for step in held.steps]
        blocks += [Text("Decided about tags, and applied to labels when they are exported so:"), List(steps)]
    return Chapter("What the meeting decided", blocks)


def _method(project: Project, found: Triage) -> Chapter:
    share = "every tenth question was drawn by chance" if found.whole.drawn else "chance has drawn no question yet"
    return Chapter(
        "How this was measured",
        [
            Text("People answered one question at a time: is this tag on this item? A model put the most suspicious "
                 f"labels first, and {share}, with known chances, among all labels not checked yet."),
            Text("What was checked is counted. What was not is estimated from the questions drawn by chance alone, "
                 "so a bad model makes the intervals wider and never wrong; the coverage of the 95 % intervals was "
                 "measured on simulated projects. The stop rule is a separate bound that stays true however often "
                 "one looks."),
            Text("A verdict is taken for the truth: what people overlook is in none of these numbers. Verdicts "
                 "“unsure” are left out and taken to be as often wrong as labels like them."),
            Text(f"Made by labelreview from the decision log of “{project.card.name}”; predictions from "
                 f"{project.card.predictions_file or 'the project'}."),
        ],
    )  # fmt: skip
