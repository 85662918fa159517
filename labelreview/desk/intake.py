"""From files to a project: read and check everything first, then write the project's folder in one step."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from labelreview import formats, images
from labelreview.decisions import Decision
from labelreview.desk import documents, folder, models, pictures, predictions, shelf
from labelreview.errors import InputError
from labelreview.formats.check import Report, examine
from labelreview.formats.telling import Tell, nothing, part
from labelreview.scoring.insample import looks_in_sample
from labelreview.settings import Settings
from labelreview.tags import Dataset, Names, Probs, joined

Progress = Callable[[str, float], None]
DEMO = "demo"
MADE_HERE = "labelreview"  # the model of a project that came without predictions


@dataclass(frozen=True)
class Inputs:
    """The files of a project, read and checked; nothing has been written. `image_paths` are relative to `images`.

    `pred_probs` are the probabilities that rank, of one model or of all in `models` together.
    """

    labels: formats.Source
    pred_probs: formats.Source
    images: images.Source | None
    image_paths: Sequence[str]
    report: Report
    only_common: bool
    models: Mapping[str, formats.Source]
    ranked_by: str
    texts: documents.Texts | None = None
    missing_means: str = ""


def gather(
    labels: Path,
    predicted: Path | Mapping[str, Path] | None,
    image_source: str | Path | images.Source | None = None,
    *,
    labels_format: str | None = None,
    predictions_format: str | None = None,
    texts: str | Path | None = None,
    missing_means: str | None = None,
    logits: bool = False,
    only_common: bool = False,
    ranked_by: str = "",
    progress: Progress = lambda step, share: None,
) -> Inputs:
    """Read and check the files of a project. Raises InputError where a file cannot be read at all.

    `predicted` is a file, or a file for each of several models; `ranked_by` names the one that ranks, '' all together.
    Without a file of predictions they are made from the images, which takes minutes for thousands of them, or from the
    texts. `texts` is FILE, FILE:column or a folder of .txt files; `image_source` a folder, an archive, a URL, or what
    `pictures.source` made of the settings.
    """
    read_by, seen_by = (0.2, 0.4) if image_source is not None else (0.4, 0.7)  # pictures take the longest
    telling = stage(progress, "Reading labels", 0, read_by), stage(progress, "Reading predictions", read_by, seen_by)
    given = formats.read_labels(labels, format=labels_format, missing_means=missing_means, tell=telling[0])
    documented = documents.found(texts, given.matrix.ids) if texts else None
    read = read_models(predicted, predictions_format, logits, telling[1])
    source = images.opened(image_source) if image_source is not None else None
    read = read or {MADE_HERE: made_here(given, source, documented, progress)}
    looked = pictures.looked_at(source, given.matrix.ids, progress)
    checking = stage(progress, "Checking", 0.9 if source else seen_by, 1)
    found = checked(
        given, read, looked, ranked_by, documented, only_common=only_common, judge=bool(predicted), tell=checking
    )
    progress("Checked", 1.0)
    return replace(found, images=source, missing_means=missing_means or "")


def checked(
    given: formats.Source,
    read: Mapping[str, formats.Source],
    looked: pictures.Looked,
    ranked_by: str,
    documented: documents.Texts | None,
    *,
    only_common: bool,
    judge: bool,
    tell: Tell = nothing,
) -> Inputs:
    """What was read, and the report on it. `judge`: the predictions may come from a model that has seen the labels."""
    tell(0.0)
    probs, report = _examined(given, read, ranked_by, looked.problems, only_common)
    tell(0.6)
    report = replace(report, notes=report.notes + (documented.notes if documented else ()) + looked.notes)
    if judge and not report.errors:
        dataset = joined(given.matrix, probs.matrix, only_common=only_common)
        tell(0.8)
        warning = looks_in_sample(dataset.judged, dataset.pred_probs, dataset.grid)
        report = replace(report, warnings=report.warnings + ((warning,) if warning else ()))
    return Inputs(given, probs, None, looked.names, report, only_common, read, ranked_by, documented)


def read_models(
    predicted: Path | Mapping[str, Path] | None, form: str | None, logits: bool, tell: Tell = nothing
) -> dict[str, formats.Source]:
    """The predictions of each model by its name."""
    files = models.named([str(predicted)]) if isinstance(predicted, Path) else (predicted or {})
    return {
        name: formats.read_pred_probs(
            path, format=form, logits=logits, tell=part(tell, at / len(files), (at + 1) / len(files))
        )
        for at, (name, path) in enumerate(files.items())
    }


def _examined(
    labels: formats.Source,
    read: Mapping[str, formats.Source],
    ranked_by: str,
    problems: Mapping[str, str] | None,
    only_common: bool,
) -> tuple[formats.Source, Report]:
    """The probabilities that rank, and the report on all; what is wrong with one of several models names it."""
    models.check_choice(read, ranked_by)
    (first, source), *others = read.items()
    if not others:
        return source, examine(labels, source, problems, only_common=only_common)
    reports = {name: examine(labels, each, problems, only_common=only_common) for name, each in read.items()}
    errors = [f"Model '{name}': {error}" for name, report in reports.items() for error in report.errors]
    if errors:
        return source, replace(reports[first], errors=tuple(errors))
    matrices = models.together(labels.matrix, {n: each.matrix for n, each in read.items()}, only_common=only_common)
    ranks = models.as_one(matrices, ranked_by)
    title = "; ".join(f"{name}: {each.title}" for name, each in read.items())
    notes = tuple(f"{name}: {note}" for name, each in read.items() for note in each.notes)
    combined = formats.Source(title, title, ranks, (*notes, _how_ranked(read, ranked_by)))
    report = examine(labels, combined, problems, only_common=only_common)
    warned = (f"Model '{n}': {warning}" for n, each in reports.items() for warning in each.warnings
              if warning not in report.warnings)  # fmt: skip
    return combined, replace(report, warnings=(*warned, *report.warnings))


def _how_ranked(read: Mapping[str, formats.Source], ranked_by: str) -> str:
    return f"The model '{ranked_by}' ranks." if ranked_by else f"{len(read)} models rank together: {', '.join(read)}."


def made_here(
    given: formats.Source, source: images.Source | None, documented: documents.Texts | None, progress: Progress
) -> formats.Source:
    """Predictions from the pictures, or from the texts where there are no pictures."""
    if documented is not None and source is None:
        described = predictions.described_texts(documented.by_item)
    else:
        described = predictions.described(given, source, progress=progress)
    return predictions.made_from(given, described, progress=progress)


def create(
    settings: Settings, name: str, inputs: Inputs, *, progress: Progress = lambda step, share: None
) -> folder.Card:
    """Write a project's folder from checked files.

    InputError when the check found errors, Refused when the name is taken; then nothing has been written.
    """
    folder.free_name(settings.projects, name)
    progress("Joining", 0.0)
    content = contents(name, inputs, folder.new_identity())
    shelf.sweep(settings.projects)
    folder.write(settings.projects, *content, tell=stage(progress, "Writing", 0.1, 1))
    return content.card


class Contents(NamedTuple):
    """What a project's folder is made of, as `folder.write` takes it."""

    card: folder.Card
    dataset: Dataset
    images: Names
    source: Mapping[str, Path]
    texts: Sequence[str]
    models: Sequence[Probs]


def contents(name: str, inputs: Inputs, identity: tuple[str, str, str]) -> Contents:
    """Checked files as a project's folder holds them. InputError when the check found errors."""
    if inputs.report.errors:
        raise InputError("\n".join(inputs.report.errors))
    dataset = joined(inputs.labels.matrix, inputs.pred_probs.matrix, only_common=inputs.only_common)
    uid, version, created = identity
    card = folder.Card(
        name=name,
        uid=uid,
        version=version,
        created=created,
        labels_file=inputs.labels.name,
        labels_format=inputs.labels.format,
        predictions_file=", ".join(Path(source.path).name for source in inputs.models.values()),
        predictions_format=inputs.pred_probs.format,
        images=inputs.images.where if inputs.images else "",
        items=dataset.shape[0],
        tags=dataset.tags,
        texts=inputs.texts.source if inputs.texts else "",
        models=tuple(
            folder.Model(name, Path(source.path).name, source.format) for name, source in inputs.models.items()
        ),
        ranked_by=inputs.ranked_by,
        missing_means=inputs.missing_means,
    )
    found = dict(zip(inputs.labels.matrix.ids, inputs.image_paths, strict=False))
    texts = dict(zip(inputs.labels.matrix.ids, inputs.texts.by_item, strict=True)) if inputs.texts else {}
    paths, by_item = (Names.of(names.get(item, "") for item in dataset.ids) for names in (found, texts))
    return Contents(card, dataset, paths, inputs.labels.files, by_item, _several(dataset, inputs.models))


def _several(dataset: Dataset, read: Mapping[str, formats.Source]) -> list[Probs]:
    """Each model's probabilities of the project's cells; none where there is but one, which ranks."""
    return [models.over(dataset, source.matrix) for source in read.values()] if len(read) > 1 else []


def stage(progress: Progress, step: str, start: float, end: float) -> Tell:
    """What a step tells of its own share, as progress of the whole."""
    return part(lambda share: progress(step, share), start, end)


def adopted(decisions: Sequence[Decision], project_uid: str) -> list[Decision]:
    """Decisions of an exported log, as events of another project: new uids that are the same on every try."""

    def uid(old: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{project_uid}/{old}").hex

    return [replace(d, uid=uid(d.uid), undoes=uid(d.undoes) if d.undoes else "") for d in decisions]


def ensure_demo(settings: Settings, data: Path) -> None:
    """Make the demo project when there is no project at all and the demo data is at hand."""
    if folder.names(settings.projects) or not (data / "labels.csv").exists():
        return
    create(settings, DEMO, gather(data / "labels.csv", data / "predictions.csv", data / "images"))
