"""Look-alike pictures: found in the background, and not asked about one after the other."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from labelreview.desk import intake, twins
from labelreview.desk.project import Project
from labelreview.review.worklist import Filters
from labelreview.settings import Settings

ALIKE, ITEMS = 6, 60


@pytest.fixture
def settings(tmp_path) -> Settings:
    """60 pictures of noise; the first six are one picture in six sizes, and the most doubtful ones."""
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    first = rng.integers(0, 255, (12, 16), np.uint8)
    for item in range(ITEMS):
        points = first if item < ALIKE else rng.integers(0, 255, (12, 16), np.uint8)
        picture = Image.fromarray(points).resize((160 + item, 120 + item), Image.Resampling.BICUBIC)
        picture.save(tmp_path / "images" / f"item{item:02d}.png")
    rows = [f"item{item:02d},1" for item in range(ITEMS)]
    (tmp_path / "labels.csv").write_text("\n".join(["id,hat", *rows]) + "\n")
    probs = [f"item{item:02d},{0.01 + item / 100:.2f}" for item in range(ITEMS)]
    (tmp_path / "predictions.csv").write_text("\n".join(["id,hat", *probs]) + "\n")
    files = (tmp_path / "labels.csv", tmp_path / "predictions.csv", tmp_path / "images")
    intake.create(settings, "noise", intake.gather(*files))
    return settings


def asked(project: Project, holder: str) -> list[int]:
    batch = project.queue("ann", holder, Filters(), ITEMS)
    project.asking.release(holder)
    return [int(question.suspect.item[4:]) for question in batch.questions]


def test_look_alikes_are_spread_once_they_are_known(settings):
    with Project.open(settings, "noise") as project:
        before = asked(project, "holder-one")  # starts the search
        project._learner.shutdown()  # waits for it
        after = asked(project, "holder-one")
    assert set(before[:ALIKE]) == set(range(ALIKE))
    places = [place for place, item in enumerate(after) if item < ALIKE]
    assert all(later - earlier > 8 for earlier, later in pairwise(places[:3]))
    assert sorted(after) == list(range(ITEMS))


def test_a_project_that_is_closed_stops_looking_and_keeps_nothing_half_done(settings):
    with Project.open(settings, "noise") as project:
        assert twins.groups(project.folder, lambda: project.pictures, lambda: True) is None
        assert not list(project.folder.data.glob("twins*"))
        groups = twins.groups(project.folder, lambda: project.pictures, lambda: False)
    assert len(set(groups[:ALIKE])) == 1
    assert len(set(groups)) == ITEMS - ALIKE + 1
