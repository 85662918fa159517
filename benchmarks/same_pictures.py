"""Which pictures count as the same: `python benchmarks/same_pictures.py`, on the demo. The figures are printed.

First the pairs that embeddings alone would call the same, and those that the pictures confirm. Then copies are made of
some pictures: how many are found, by the embedding and by the comparison, and what one comparison costs.
"""

import argparse
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from labelreview import embed, images
from labelreview.desk.examples import LIKELY, NEAR, SAME
from labelreview.scoring.arrays import Float32s
from labelreview.scoring.neighbours import compressed, nearest
from labelreview.scoring.sameness import SIDE, difference, same_picture

PICTURES = Path(__file__).resolve().parents[1] / "data" / "demo" / "images"


def copies(picture: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """The picture as it may come a second time; and mirrored, which is another picture."""
    width, height = picture.size
    across, down = max(1, round(width * 0.02)), max(1, round(height * 0.02))
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=30)
    yield "half the size", picture.resize((max(1, width // 2), max(1, height // 2)), Image.Resampling.LANCZOS)
    yield "JPEG, quality 30", Image.open(stored).convert("RGB")
    yield "10 % brighter", ImageEnhance.Brightness(picture).enhance(1.1)
    yield "10 % darker", ImageEnhance.Brightness(picture).enhance(0.9)
    middle = (across // 2, down // 2, width - (across - across // 2), height - (down - down // 2))
    yield "2 % cropped, at all sides", picture.crop(middle)
    yield "2 % cropped, at one corner", picture.crop((across, down, width, height))
    yield "mirrored", ImageOps.mirror(picture)


def shrunk(picture: Image.Image | Path, side: int) -> npt.NDArray[np.uint8]:
    if isinstance(picture, Path):
        return images.pixels(images.Original(picture.name, picture), side, side)
    stored = io.BytesIO()
    picture.save(stored, "PNG")
    return images.pixels(images.Original("made", stored.getvalue()), side, side)


def pairs(rows: Float32s, limit: float) -> list[tuple[int, int]]:
    found = set()
    for row in range(len(rows)):
        near = nearest(rows, row, NEAR)
        found |= {(min(row, other), max(row, other)) for other in near.rows[near.likeness >= limit].tolist()}
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--copied", type=int, default=300, help="pictures that copies are made of")
    parser.add_argument("--list", action="store_true", help="name the confirmed pairs and the next ones")
    asked = parser.parse_args()
    files = sorted(PICTURES.iterdir())
    encoder = embed.encoder()
    described = encoder.encode(np.stack([shrunk(file, encoder.width) for file in files]))
    sketches = [shrunk(file, SIDE) for file in files]
    likely = pairs(compressed(described), LIKELY)
    start = time.perf_counter()
    apart = sorted((difference(sketches[a], sketches[b]), files[a].stem, files[b].stem) for a, b in likely)
    cost = 1000 * (time.perf_counter() - start) / len(likely)
    same = sum(same_picture(sketches[a], sketches[b]) for a, b in likely)
    alone = len(pairs(compressed(described), SAME))
    print(f"{len(files):,} pictures; the same by embeddings alone ({SAME}): {alone} pairs")
    print(f"likely ({LIKELY}): {len(likely)} pairs; confirmed: {same}; {cost:.1f} ms a comparison")
    for difference_, one, other in apart[: same + 5] if asked.list else ():
        print(f"  {difference_:5.1f}  {one}  {other}")
    chosen = np.random.default_rng(0).choice(len(files), asked.copied, replace=False).tolist()
    made: dict[str, list[Image.Image]] = {}
    for at in chosen:
        white = Image.new("RGBA", (opened := Image.open(files[at]).convert("RGBA")).size, "white")
        for how, copy in copies(Image.alpha_composite(white, opened).convert("RGB")):
            made.setdefault(how, []).append(copy)
    for how, some in made.items():
        rows = compressed(
            np.concatenate([described, encoder.encode(np.stack([shrunk(x, encoder.width) for x in some]))])
        )
        seen = np.array([rows[at] @ rows[len(files) + place] >= LIKELY for place, at in enumerate(chosen)])
        held = np.array([same_picture(sketches[at], shrunk(x, SIDE)) for at, x in zip(chosen, some, strict=True)])
        print(
            f"{how:28} likely {seen.mean():6.1%}   same picture {held.mean():6.1%}   both {(seen & held).mean():6.1%}"
        )


if __name__ == "__main__":
    main()
