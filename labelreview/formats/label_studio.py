"""Label Studio JSON: tasks with choices. The id is the task's own data: its `image`, or the first text it has.

Of several annotations of a task the ground truth counts, else the last one that was not cancelled. A choice that it
does not hold is absent; a task without annotation is unknown. With one control the tags are its choices; with several,
`control: choice`. A task without annotation that gets a correction has one then, so its other choices become absent.
As predictions: each result of the task's last prediction, with its score.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.cells import check_ids, check_tags, checked_probs
from labelreview.formats.csvtext import spliced
from labelreview.formats.jsontext import Edit, JsonText, Value, dumped
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Missing, Notes, Says, by_item, filled
from labelreview.tags import PRESENT, UNKNOWN, TagMatrix

SAYS = Says("chosen", "the task is annotated, and it is not chosen", "the task has no annotation")
DATA = ("image", "img", "picture", "photo", "url", "text")


@dataclass(frozen=True)
class Task:
    """One task: its id, where it stands, and the answer that counts with the list that it stands in."""

    item: str
    found: Value
    answers: str
    at: int
    answer: dict[str, Any] | None

    def chosen(self) -> Iterator[tuple[str, str, Any]]:
        """Control, choice and score of everything that the answer chooses."""
        for result in _results(self.answer):
            for choice in result["value"].get("choices") or ():
                yield result["from_name"], choice, result.get("score", (self.answer or {}).get("score"))


def recognise(file: Opened, kind: Kind) -> bool:
    head = file.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"[") and head[1:].lstrip().startswith(b"{") and b'"data"' in head


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    tasks = list(_tasks(file.json, kind))
    ids = [task.item for task in tasks]
    check_ids(ids, lambda row: f"{file.name}, task {row + 1}")
    names, position = _tags(tasks), dict[str, int]()
    cells = [
        (row, position.setdefault(names[control, choice], len(position)), score)
        for row, task in enumerate(tasks)
        for control, choice, score in task.chosen()
    ]
    if not position:
        raise InputError(f"{file.name}: no task has a choice. Export the project as JSON, not JSON-MIN.")
    check_tags(list(position), file.name)
    shape = (len(ids), len(position))
    if kind == "labels":
        labels = filled(file.name, *shape, missing_means)
        labels[[row for row, _, _ in cells], [column for _, column, _ in cells]] = PRESENT
        labels[[row for row, task in enumerate(tasks) if task.answer is None]] = UNKNOWN
        return TagMatrix(ids, tuple(position), labels), _notes(tasks)
    limits.check_shape(file.name, *shape)
    probs = np.full(shape, np.nan, np.float32)
    for row, column, score in cells:
        if not isinstance(score, int | float | None) or isinstance(score, bool):
            file.json.complain(tasks[row].found.start, f"{score!r:.80} is no score. Use a number from 0 to 1.")
        probs[row, column] = np.nan if score is None else score
    probs = checked_probs(probs, lambda at: f"{file.name}, task {at // shape[1] + 1}", kind)
    return TagMatrix(ids, tuple(position), probs), ()


def _tasks(json: JsonText, kind: Kind) -> Iterator[Task]:
    key = ""
    for found in json.elements(json.start):
        try:
            data = found.value["data"]
            key = key or next((name for name in (*DATA, *data) if isinstance(data.get(name), str)), "")
            answers = "predictions" if kind != "labels" else "annotations"
            if answers == "annotations" and answers not in found.value and "completions" in found.value:
                answers = "completions"  # before version 1.0
            at, answer = _counting(found.value.get(answers) or [])
            task = Task(str(data[key]), found, answers, at, answer)
            list(task.chosen())
        except (AttributeError, KeyError, TypeError) as error:
            json.complain(found.start, f"this is no task as Label Studio exports them ({error!r:.80}). Export the "
                                       "project as JSON.")  # fmt: skip
        yield task


def _counting(answers: list[dict[str, Any]]) -> tuple[int, dict[str, Any] | None]:
    """The annotation that counts, and where it stands."""
    standing = [at for at, answer in enumerate(answers) if not answer.get("was_cancelled")]
    truth = [at for at in standing if answers[at].get("ground_truth")]
    for at in (truth or standing)[-1:]:
        return at, answers[at]
    return -1, None


def _results(answer: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [result for result in (answer or {}).get("result") or () if result.get("type") == "choices"]


def _tags(tasks: list[Task]) -> dict[tuple[str, str], str]:
    """The tag of every control and choice."""
    pairs = dict.fromkeys((control, choice) for task in tasks for control, choice, _ in task.chosen())
    controls = {result["from_name"] for task in tasks for result in _results(task.answer)}
    return {pair: pair[1] if len(controls) == 1 else f"{pair[0]}: {pair[1]}" for pair in pairs}


def _notes(tasks: list[Task]) -> Notes:
    several = sum(len(task.found.value[task.answers]) > 1 for task in tasks if task.answer)
    text = f"{several:,} tasks have several annotations; the ground truth counts, else the last."
    return (text,) if several else ()


def write(file: Opened, changes: Changes) -> bytes:
    """The choices of the annotation that counts are edited in place; all else stays byte for byte."""
    json, wanted = file.json, by_item(changes)
    tasks = list(_tasks(json, "labels"))
    pairs = {tag: pair for pair, tag in _tags(tasks).items()}
    targets = Counter((r["from_name"], r["to_name"]) for task in tasks for r in _results(task.answer))
    shown = dict(targets)
    control = next(iter(shown))[0]  # of a tag that is new to the file
    edits: list[Edit] = []
    for task in tasks:
        by_control: dict[str, dict[str, int]] = {}
        for tag, label in wanted.get(task.item, {}).items():
            name, choice = pairs.get(tag, (control, tag))
            by_control.setdefault(name, {})[choice] = label
        if by_control:
            target = {control: next(to for name, to in shown if name == control) for control in by_control}
            edits += _edits(json, task, by_control, target)
    return json.encoded(spliced(json.text, edits))


def _edits(json: JsonText, task: Task, wanted: dict[str, dict[str, int]], target: dict[str, str]) -> list[Edit]:
    edits: list[Edit] = []
    answers = json.member(task.found.start, task.answers)
    listed = None
    if answers and task.answer is not None:
        answer = next(value for value in json.elements(answers.start) if value.key == task.at)
        listed = json.member(answer.start, "result")
        for result in json.elements(listed.start) if listed else ():
            if result.value.get("type") == "choices" and result.value["from_name"] in wanted:
                edits += _result_edit(json, result, wanted[result.value["from_name"]])
    new = []
    for control, change in wanted.items():
        choices = [choice for choice, label in change.items() if label == PRESENT]
        if choices:
            value = {"choices": choices}
            new.append({"value": value, "from_name": control, "to_name": target[control], "type": "choices"})
    if listed and new:
        edits.append(json.appended(listed, [dumped(result) for result in new]))
    elif not listed:
        text = dumped({"result": new})
        if answers:
            edits.append(json.appended(answers, [text]))
        else:
            edits.append(json.appended(task.found, [f'"annotations": [{text}]']))
    return edits


def _result_edit(json: JsonText, result: Value, change: dict[str, int]) -> list[Edit]:
    """The edit of one list of choices; what it settles is taken out of `change`."""
    value = json.member(result.start, "value")
    found = json.member(value.start, "choices") if value else None
    if not found:
        return []
    kept = [choice for choice in found.value if change.get(choice, PRESENT) == PRESENT]
    kept += [choice for choice, label in change.items() if label == PRESENT and choice not in kept]
    for choice in [choice for choice, label in change.items() if label == PRESENT]:
        del change[choice]
    return [(found.start, found.end, dumped(kept))] if kept != found.value else []


def make(matrix: TagMatrix) -> bytes:
    """Annotated tasks of labels; of probabilities, tasks with predictions to import: a result for each scored tag."""
    tasks = []
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        if matrix.values.dtype.kind == "f":
            results = [_result([tag]) | {"score": float(value)}
                       for tag, value in zip(matrix.tags, row, strict=True) if not np.isnan(value)]  # fmt: skip
            tasks.append({"data": {"image": item}, "predictions": [{"result": results}]})
        else:
            chosen = [tag for tag, value in zip(matrix.tags, row, strict=True) if value == PRESENT]
            tasks.append({"data": {"image": item}, "annotations": [{"result": [_result(chosen)]}]})
    return dumped(tasks).encode()


def _result(choices: list[str]) -> dict[str, Any]:
    return {"from_name": "tags", "to_name": "image", "type": "choices", "value": {"choices": choices}}
