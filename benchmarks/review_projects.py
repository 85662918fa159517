"""The projects on which `benchmarks.review_latency` measures, each made in a scratch home in seconds to a minute."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelreview.desk import folder, intake
from labelreview.desk.project import Project
from labelreview.settings import Settings
from labelreview.tags import Dataset, Names

DEMO = Path(__file__).parents[1] / "data" / "demo"
NAME = "measured"
WRONG = 0.02  # of the made labels


def demo(settings: Settings, _scratch: Path) -> None:
    """The demo data: 1,921 clip-art pictures, 40 tags."""
    intake.create(settings, NAME, intake.gather(DEMO / "labels.csv", DEMO / "predictions.csv", DEMO / "images"))


def large(settings: Settings, scratch: Path) -> None:
    """CelebA's shape: 202,599 items × 40 tags, a picture each (the demo's, under names of their own)."""
    pictures, kept = scratch / "pictures", sorted((DEMO / "images").iterdir())
    pictures.mkdir()
    copies = [shutil.copy(path, scratch / f"copy{at:04d}.webp") for at, path in enumerate(kept)]
    names = [f"{row:06d}.webp" for row in range(202_599)]
    for row, name in enumerate(names):
        os.link(copies[row % len(copies)], pictures / name)
    made(settings, scratch, pictures, names, [f"tag{column}" for column in range(40)])


def originals(settings: Settings, scratch: Path) -> None:
    """300 photographs of 12 megapixels (4000 × 3000 JPEG, about 3 MB each), 40 tags."""
    pictures, rng = scratch / "pictures", np.random.default_rng(0)
    pictures.mkdir()
    grain = rng.integers(-12, 13, (3000, 4000, 1), np.int16)
    names = [f"photo{row:03d}.jpg" for row in range(300)]
    for row, name in enumerate(names):
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).resize(
            (4000, 3000), Image.Resampling.BICUBIC
        )
        pixels = np.clip(np.asarray(coarse, np.int16) + np.roll(grain, 97 * row, 0), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(pictures / name, quality=85)
    made(settings, scratch, pictures, names, [f"tag{column}" for column in range(40)])


def many_tags(settings: Settings, scratch: Path) -> None:
    """The demo's pictures with 4,000 tags: 7.7 million cells."""
    names = sorted(path.name for path in (DEMO / "images").iterdir())
    made(settings, scratch, DEMO / "images", names, [f"tag {column} of thousands" for column in range(4000)], 0.001)


def made(
    settings: Settings, scratch: Path, pictures: Path, names: list[str], tags: list[str], least: float = 0.02
) -> None:
    """A project of these pictures with labels of which some are wrong, ready for its first visitor."""
    rng = np.random.default_rng(0)
    truth: npt.NDArray[np.bool_] = rng.random((len(names), len(tags)), np.float32) < rng.uniform(
        least, 10 * least, len(tags)
    )
    noise = rng.standard_normal(truth.shape, np.float32) * np.float32(0.2)
    probs = np.clip(np.where(truth, np.float32(0.85), np.float32(0.12)) + noise, 0.001, 0.999).astype(np.float32)
    labels = (truth ^ (rng.random(truth.shape, np.float32) < WRONG * min(1, 40 / len(tags)))).astype(np.int8)
    data = Dataset(Names.of(names), tuple(tags), labels, probs)
    (scratch / "labels.csv").write_text("id\n")
    files = ("labels.csv", "wide_csv", "predictions.npy", "numpy", str(pictures))
    card = folder.Card(NAME, *folder.new_identity(), *files, len(names), tuple(tags))
    folder.write(settings.projects, card, data, Names.of(names), {"labels.csv": scratch / "labels.csv"})
    with Project.open(settings, NAME) as project:
        project.prepare()


PROJECTS: dict[str, Callable[[Settings, Path], None]] = {
    "demo": demo,
    "large": large,
    "originals": originals,
    "tags": many_tags,
}
