"""A small project with real pictures, as the routes and the browser tests want it."""

import csv
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from labelreview.desk import intake
from labelreview.settings import Settings

TAGS = ("hat", "cat", "boat")


def settings_in(folder: Path) -> Settings:
    return Settings.from_environment({"LABELREVIEW_HOME": str(folder / "home")})


def gallery(
    settings: Settings,
    folder: Path,
    *,
    items: int = 40,
    tags: Sequence[str] = TAGS,
    name: str = "gallery",
    empty: int = 0,
) -> list[str]:
    """Make a project of numbered pictures; gives the item ids. A third of the labels is 1; no two cells are alike.
    `empty`: of the last tag so many labels are left empty, from the first item on."""
    ids = [f"item {number:03d} é" for number in range(items)]
    images = folder / f"images of {name}"
    images.mkdir(parents=True)
    for number, item in enumerate(ids):
        picture = Image.new("RGB", (160, 120), (60 + number % 190, 90, 200 - number % 190))
        ImageDraw.Draw(picture).text((60, 50), str(number), fill="white")
        picture.save(images / f"{item}.webp")
    cells = [[(row + column) % 3 == 0 for column in range(len(tags))] for row in range(items)]
    labels: list[list[int | str]] = [[int(value) for value in row] for row in cells]
    for row in labels[:empty]:
        row[-1] = ""
    _table(folder / "labels.csv", tags, ids, labels)
    probs = [[round((1 + row * len(tags) + column) / (items * len(tags) + 1), 5) for column in range(len(tags))]
             for row in range(items)]  # fmt: skip
    _table(folder / "predictions.csv", tags, ids, probs)
    intake.create(settings, name, intake.gather(folder / "labels.csv", folder / "predictions.csv", images))
    return ids


def _table(path: Path, tags: Sequence[str], ids: Sequence[str], rows: Sequence[Sequence[float | str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", *tags], *([item, *row] for item, row in zip(ids, rows, strict=True))])
