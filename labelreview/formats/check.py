"""What is in the files of a new project, told before anything is written. Errors stop it; warnings are worth a look."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from labelreview.errors import few
from labelreview.formats import FORMATS, Source
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, paired


@dataclass(frozen=True)
class Report:
    """Counts and lists about labels, predictions and images; `errors` and `warnings` are plain sentences."""

    labels_format: str
    predictions_format: str
    items: int
    tags: int
    present: int
    absent: int
    unknown: int
    ids_only_in_labels: tuple[str, ...]
    ids_only_in_predictions: tuple[str, ...]
    tags_only_in_labels: tuple[str, ...]
    tags_only_in_predictions: tuple[str, ...]
    duplicates: tuple[str, ...]
    not_scored: int
    out_of_range: int
    images_looked_at: int
    image_problems: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]

    def rows(self) -> list[tuple[str, str]]:
        """What was looked at and what was found, as a table of two columns."""
        images = f"{self.images_looked_at:,}" if self.images_looked_at else "not looked at"
        return [
            ("Format of the labels", self.labels_format),
            ("Format of the predictions", self.predictions_format),
            ("Items", f"{self.items:,}"),
            ("Tags", f"{self.tags:,}"),
            ("Labels present", f"{self.present:,}"),
            ("Labels absent", f"{self.absent:,}"),
            ("Labels unknown", f"{self.unknown:,}"),
            ("Cells without a probability", f"{self.not_scored:,}"),
            ("Probabilities out of range", f"{self.out_of_range:,}"),
            ("Ids only in the labels", _listed(self.ids_only_in_labels)),
            ("Ids only in the predictions", _listed(self.ids_only_in_predictions)),
            ("Tags only in the labels", _listed(self.tags_only_in_labels)),
            ("Tags only in the predictions", _listed(self.tags_only_in_predictions)),
            ("Duplicate ids or tags", _listed(self.duplicates)),
            ("Images", images),
            ("Images missing or unreadable", _listed(tuple(item for item, _ in self.image_problems))),
        ]

    def lines(self) -> list[str]:
        """The report for a terminal."""
        width = max(len(what) for what, _ in self.rows())
        return (
            [f"{what:<{width}}  {found}" for what, found in self.rows()]
            + [f"Note: {note}" for note in self.notes]
            + [f"Warning: {warning}" for warning in self.warnings]
            + [f"Error: {error}" for error in self.errors]
        )


def examine(
    labels: Source, pred_probs: Source, images: Mapping[str, str] | None = None, *, only_common: bool = False
) -> Report:
    """Look at both files and, where given, at the images: `images` maps an id to what is wrong ('' where all is well).

    Counts are of the items and tags that both files have. With `only_common` what one file has alone is a warning.
    """
    ids = _sides(labels.matrix.ids, pred_probs.matrix.ids)
    tags = _sides(labels.matrix.tags, pred_probs.matrix.tags)
    left = labels.matrix.selected(_at(labels.matrix.ids, ids[0]), _at(labels.matrix.tags, tags[0]))
    right = pred_probs.matrix.selected(_at(pred_probs.matrix.ids, ids[0]), _at(pred_probs.matrix.tags, tags[0]))
    both = paired(ids[0], tuple(tags[0]), left, right)
    given, probs = both.labels, both.pred_probs
    report = Report(
        labels_format=_title(labels),
        predictions_format=_title(pred_probs),
        items=len(ids[0]),
        tags=len(tags[0]),
        present=int(np.count_nonzero(given == PRESENT)),
        absent=int(np.count_nonzero(given == ABSENT)),
        unknown=int(np.count_nonzero(given == UNKNOWN)),
        ids_only_in_labels=ids[1],
        ids_only_in_predictions=ids[2],
        tags_only_in_labels=tags[1],
        tags_only_in_predictions=tags[2],
        duplicates=tuple(_twice(labels.matrix.ids) + _twice(labels.matrix.tags))
        + tuple(_twice(pred_probs.matrix.ids) + _twice(pred_probs.matrix.tags)),
        not_scored=int(np.count_nonzero(np.isnan(probs))),
        out_of_range=int(np.count_nonzero((probs < 0) | (probs > 1))),
        images_looked_at=len(images or {}),
        image_problems=tuple((item, problem) for item, problem in (images or {}).items() if problem),
        notes=labels.notes + pred_probs.notes,
        errors=(),
        warnings=(),
    )
    errors, warnings = _judged(report, only_common)
    silent = [tag for tag, some in zip(tags[0], both.grid.counts(given == PRESENT), strict=True) if not some]
    return _with(report, errors, warnings + _about_tags(silent, tags[0]))


def _judged(report: Report, only_common: bool) -> tuple[list[str], list[str]]:
    errors, warnings = [], []
    for noun, side, names in (
        ("id", "labels", report.ids_only_in_labels),
        ("id", "predictions", report.ids_only_in_predictions),
        ("tag", "labels", report.tags_only_in_labels),
        ("tag", "predictions", report.tags_only_in_predictions),
    ):
        if names:
            found = f"{_count(len(names), noun)} only in the {side}: {few(names)}."
            if only_common:
                warnings.append(f"{found} Left out.")
            else:
                errors.append(f"{found} Correct the files, or keep only what both have (--only-common).")
    if not report.items or not report.tags:
        noun = "tag" if report.items else "id"
        errors.append(f"Labels and predictions have no {noun} in common. Are these the files of the same data set?")
    if report.duplicates:
        errors.append(f"Ids or tags are there twice: {few(report.duplicates)}. Keep one of each.")
    if report.out_of_range:
        errors.append(f"{_count(report.out_of_range, 'probability')} out of range. Give numbers from 0 to 1.")
    return errors, warnings + _about_cells(report)


def _about_cells(report: Report) -> list[str]:
    warnings = []
    if report.items and report.tags and not report.present + report.absent:
        warnings.append("No label is known, so there is nothing to review.")
    if report.not_scored:
        warnings.append(
            f"{_count(report.not_scored, 'cell')} without a probability: they get no score and no question."
        )
    if report.image_problems:
        kinds: dict[str, list[str]] = {}
        for item, problem in report.image_problems:
            kinds.setdefault(problem, []).append(item)
        for problem, items in list(kinds.items())[:10]:
            warnings.append(f"{_count(len(items), 'image')}: {problem.rstrip('.')}: {few(items)}.")
    return warnings


def _about_tags(silent: list[str], tags: Sequence[str]) -> list[str]:
    warnings = []
    if silent:
        warnings.append(f"{_count(len(silent), 'tag')} that no item has: {few(silent)}.")
    spaced = [tag for tag in tags if tag != tag.strip()]
    if spaced:
        warnings.append(f"{_count(len(spaced), 'tag')} with spaces around the name, kept as they are: {few(spaced)}.")
    return warnings


def _with(report: Report, errors: list[str], warnings: list[str]) -> Report:
    return replace(report, errors=tuple(errors), warnings=tuple(warnings))


def _sides(left: Sequence[str], right: Sequence[str]) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """What both have, in the order of the left; what only the left has; what only the right has."""
    if list(left) == list(right):
        return list(dict.fromkeys(left)), (), ()
    here, there = set(left), set(right)
    common = [name for name in dict.fromkeys(left) if name in there]
    return common, tuple(name for name in left if name not in there), tuple(n for n in right if n not in here)


def _at(names: Sequence[str], wanted: Sequence[str]) -> list[int] | None:
    """Where names stand; None, for all of them, where the order is the same."""
    if list(names) == list(wanted):
        return None
    position = {name: at for at, name in enumerate(names)}
    return [position[name] for name in wanted]


def _twice(names: Sequence[str]) -> list[str]:
    if len(set(names)) == len(names):
        return []
    return [name for name, count in Counter(names).items() if count > 1]


def _title(source: Source) -> str:
    return FORMATS[source.format].title if source.format in FORMATS else source.format


def _listed(names: Sequence[str]) -> str:
    return f"{len(names):,}: {few(names)}" if names else "none"


def _count(number: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"
