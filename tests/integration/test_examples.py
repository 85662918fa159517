"""What stands beside a question: look-alikes and confirmed examples."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from labelreview import embed, images
from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk import intake, pins
from labelreview.desk.examples import Why
from labelreview.desk.project import Project
from labelreview.errors import InputError, NotFound
from labelreview.scoring.sameness import SIDE, Sketch, same_picture
from labelreview.settings import Settings
from tests.made import decision

ITEMS = 24
DEMO = Path(__file__).parents[2] / "data" / "demo" / "images"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """24 pictures of 8 scenes, three of each in different sizes: item k shows scene k % 8. Item 23 has no picture."""
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    settings = Settings.from_environment()
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    scenes = rng.integers(0, 255, (8, 6, 8, 3), np.uint8)
    for item in range(ITEMS - 1):
        picture = Image.fromarray(scenes[item % 8]).resize((120 + item, 90 + item), Image.Resampling.BICUBIC)
        picture.save(tmp_path / "images" / f"i{item:02d}.png")
    rows = [f"i{item:02d},{item % 2},1" for item in range(ITEMS)]
    (tmp_path / "labels.csv").write_text("\n".join(["id,hat,cat", *rows]) + "\n")
    probs = [f"i{item:02d},0.{10 + item},0.9" for item in range(ITEMS)]
    (tmp_path / "predictions.csv").write_text("\n".join(["id,hat,cat", *probs]) + "\n")
    files = (tmp_path / "labels.csv", tmp_path / "predictions.csv", tmp_path / "images")
    intake.create(settings, "scenes", intake.gather(*files))
    return settings


def test_look_alikes_are_described_in_the_background_and_then_come_nearest_first(settings):
    with Project.open(settings, "scenes") as project:
        assert project.beside("i00", "hat").waiting.why is Why.BUSY
        for _ in range(100):
            found = project.beside("i00", "hat")
            if not found.waiting.why:
                break
            time.sleep(0.05)
        assert {example.item for example in found.near[:2]} == {"i08", "i16"}
        assert all(example.same for example in found.near[:2])
        assert not found.near[2].same
        assert project.beside("i23", "hat").waiting.why is Why.NOT_DESCRIBED


def test_look_alikes_show_the_label_they_came_with_and_what_holds_now(settings):
    with Project.open(settings, "scenes") as project:
        project.examples.make(embed.encoder(), lambda step, share: None)
        project.record([decision("i08", "hat", Verdict.PRESENT)])
        near = {example.item: example for example in project.beside("i00", "hat").near}
    assert (near["i08"].given, near["i08"].now, near["i08"].said) == (0, 1, (("ann", Verdict.PRESENT),))
    assert near["i08"].tags == ("hat", "cat")
    assert (near["i16"].given, near["i16"].now, near["i16"].said, near["i16"].tags) == (0, 0, (), ("cat",))
    assert near["i16"].pred_prob == pytest.approx(0.26)


def test_confirmed_examples_are_those_of_the_tag_newest_first_and_never_the_item_itself(settings):
    verdicts = [decision(f"i{item:02d}", "hat", Verdict.PRESENT) for item in range(8)]
    others = [
        decision("i09", "hat", Verdict.ABSENT),
        decision("i10", "hat", Verdict.UNSURE),
        decision("i11", "cat", Verdict.ABSENT),
    ]
    with Project.open(settings, "scenes") as project:
        project.record([*verdicts, *others])
        found = project.beside("i05", "hat")
    assert [example.item for example in found.present] == ["i07", "i06", "i04", "i03", "i02", "i01"]
    assert [example.item for example in found.absent] == ["i09"]


def test_pinned_examples_come_before_what_reviewers_confirmed_and_a_pin_is_taken_back(settings):
    with Project.open(settings, "scenes") as project:
        project.record([decision(f"i{item:02d}", "hat", Verdict.PRESENT) for item in range(8)])
        pins.pin(project, "ann", "hat", "i03", 0)  # the data team knows better
        pins.pin(project, "ann", "hat", "i02", 1)
        pins.pin(project, "ben", "hat", "i02", 1)  # holds already: nothing is said twice
        found = project.beside("i05", "hat")
        assert [(each.item, each.pinned) for each in found.present[:2]] == [("i02", True), ("i07", False)]
        assert [(each.item, each.pinned) for each in found.absent] == [("i03", True)]
        assert len(project.meeting.standing().history) == 2
        pins.pin(project, "ben", "hat", "i03", None)
        assert project.beside("i05", "hat").absent == ()
        with pytest.raises(NotFound, match="There is no 'nobody'"):
            pins.pin(project, "ann", "hat", "nobody", 1)
        with pytest.raises(InputError, match="An example is of yes or no"):
            pins.as_label("perhaps")


def test_the_data_team_writes_a_guideline_and_pins_an_example_from_the_command_line(settings, tmp_path, capsys):
    (tmp_path / "hat.md").write_text("A **hat** is worn.\n")
    run("guideline", "scenes", "hat", "--file", str(tmp_path / "hat.md"), "--by", "Ada")
    run("pin", "scenes", "hat", "i02", "--as", "no")
    run("guideline", "scenes", "hat")
    assert capsys.readouterr().out.endswith("A **hat** is worn.\n\ncounter-example: i02\n")
    with Project.open(settings, "scenes") as project:
        assert project.question("i05", "hat").definition == "A **hat** is worn.\n"


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as done:
        main(list(arguments))
    assert done.value.code == 0


def test_a_file_of_embeddings_takes_the_place_of_the_pictures(settings, tmp_path, capsys):
    rows = np.full((ITEMS, 5), 1.0)
    rows[:, 0] = np.arange(ITEMS) // 2  # neighbours are the pairs 0-1, 2-3, ...
    rows[:, 1] = np.arange(ITEMS) // 2 % 3
    np.save(tmp_path / "e.npy", rows)
    (tmp_path / "e.ids.txt").write_text("".join(f"i{item:02d}\n" for item in range(ITEMS)))
    with pytest.raises(SystemExit) as done:
        main(["neighbours", "scenes", "--embeddings", str(tmp_path / "e.npy")])
    assert done.value.code == 0
    assert "Look-alikes are known for 24 of 24 items." in capsys.readouterr().out
    with Project.open(settings, "scenes") as project:
        near = project.beside("i04", "hat").near[0]
        assert (near.item, near.same) == ("i05", False)  # embeddings that agree do not make two pictures one


def sketched(picture: Image.Image, kind: str = "PNG", **how: int) -> Sketch:
    stored = io.BytesIO()
    picture.save(stored, kind, **how)
    return images.pixels(images.Original("picture", stored.getvalue()), SIDE, SIDE)


def test_road_signs_that_differ_in_their_pictogram_alone_are_not_the_same_picture():
    names = ("airplane", "cycle_route", "cattle", "horse", "bambi", "tram", "humpback", "junc_curve", "clock11")
    signs = [sketched(Image.open(DEMO / f"{name}.webp")) for name in (*names, "clock12")]
    assert not [(a, b) for a in range(len(signs)) for b in range(a) if same_picture(signs[a], signs[b])]


@pytest.mark.parametrize("name", ["airplane", "cycle_route", "horse", "clock11", "red_flower_01"])
def test_a_picture_stored_again_is_the_same_picture_and_its_mirror_image_is_not(name):
    picture = Image.open(DEMO / f"{name}.webp").convert("RGB")
    width, height = picture.size
    one, crop = sketched(picture), (round(width / 100), round(height / 100))
    again = {
        "smaller": sketched(picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS)),
        "compressed": sketched(picture, "JPEG", quality=30),
        "brighter": sketched(ImageEnhance.Brightness(picture).enhance(1.1)),
        "darker": sketched(ImageEnhance.Brightness(picture).enhance(0.9)),
        "cropped": sketched(picture.crop((*crop, width - crop[0], height - crop[1]))),
    }
    assert [how for how, other in again.items() if not same_picture(one, other)] == []
    assert [how for how, other in again.items() if not same_picture(other, one)] == []
    assert not same_picture(one, sketched(ImageOps.mirror(picture)))


def test_asking_about_what_the_project_does_not_have_says_so(settings):
    with Project.open(settings, "scenes") as project, pytest.raises(NotFound, match="There is no 'nobody'"):
        project.beside("nobody", "hat")
