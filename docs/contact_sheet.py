"""The first suspects of the demo project as one picture, as the queue asks them before any answer.

    python docs/contact_sheet.py            writes docs/img/first-50.png

Each picture bears the tag, the given label and the number under which docs/first-50.md judges it.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from labelreview import formats, images, scoring  # noqa: E402  after the path
from labelreview.review.order import worst_first  # noqa: E402

DEMO = HERE.parent / "data" / "demo"
SIDE, CAPTION, COLUMNS, COUNT = 190, 46, 10, 50


def main() -> None:
    dataset = formats.read_dataset(DEMO / "labels.csv", DEMO / "predictions.csv")
    pictures = images.opened(DEMO / "images")
    paths = pictures.found(dataset.ids)
    sheet = Image.new("RGB", (COLUMNS * SIDE, -(-COUNT // COLUMNS) * (SIDE + CAPTION)), "white")
    for number, cell in enumerate(first_suspects(dataset)):
        item, tag = dataset.at(cell)
        row, column = divmod(cell, len(dataset.tags))
        given = "yes" if dataset.labels[row, column] else "no"
        words = f"{number + 1}  {tag}: {given}\nmodel {dataset.pred_probs[row, column]:.0%}"
        left, top = (number % COLUMNS) * SIDE, (number // COLUMNS) * (SIDE + CAPTION)
        picture = images.open_image(pictures.original(paths[row]))
        picture.thumbnail((SIDE - 16, SIDE - 16))
        sheet.paste(picture, (left + (SIDE - picture.width) // 2, top + (SIDE - picture.height) // 2))
        ImageDraw.Draw(sheet).text((left + 8, top + SIDE), words, "black", ImageFont.load_default(15))
        print(f"{number + 1}\t{item}\t{tag}\t{given}\t{dataset.pred_probs[row, column]:.4f}")
    sheet.quantize(128).save(HERE / "img" / "first-50.png", optimize=True)


def first_suspects(dataset) -> list[int]:
    """Flat positions in the order of the queue: the suspects, by the default order."""
    suspects = scoring.find_label_issues(dataset.labels, dataset.pred_probs)
    scores = np.where(suspects, scoring.cell_scores(dataset.labels, dataset.pred_probs), np.nan)
    return worst_first(scores, dataset.labels, mix=False, limit=COUNT).tolist()


if __name__ == "__main__":
    main()
