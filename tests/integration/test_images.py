"""Images: found by id, opened safely, made small, and never looked for outside their folder."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelreview import images
from labelreview.errors import InputError, Refused
from labelreview.images import opening


def saved(path: Path, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 200 if mode in ("L", "P", "I;16") else (200, 30, 30, 90)[: len(mode)]).save(path, **options)
    return path


def original(path: Path) -> images.Original:
    return images.Original(path.name, path)


def small(path: Path, size: int = 1280) -> images.Picture:
    return images.made(original(path), size)[0]


def decoded(picture: images.Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


def test_images_are_found_by_path_by_name_and_without_suffix(tmp_path: Path) -> None:
    for name in ("a.jpg", "deep/b.png", "photo.v2.webp", "deep/c.jpg", "other/c.jpg", "notes.txt", ".hidden/d.jpg"):
        saved(tmp_path / name) if not name.endswith("txt") else (tmp_path / name).write_text("no image")
    ids = ["a", "a.jpg", "b", "deep/b", "deep/b.png", "photo.v2", "c", "other/c", "notes", "d", "", "../a"]
    assert images.opened(tmp_path).found(ids) == [
        "a.jpg", "a.jpg", "deep/b.png", "deep/b.png", "deep/b.png", "photo.v2.webp", "", "other/c.jpg", "", "", "", "",
    ]  # fmt: skip


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere is not a folder"):
        images.opened(tmp_path / "nowhere").found(["a"])


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/passwd", "link.jpg", "linked/secret.jpg", "", "a\0.jpg", "."])
def test_nothing_outside_the_folder_is_reached(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "images"
    saved(tmp_path / "out" / "secret.jpg")
    saved(tmp_path / "secret.jpg")
    saved(folder / "a.jpg")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "linked").symlink_to(tmp_path / "out")
    source = images.opened(folder)
    assert source.original("a.jpg").content == (folder / "a.jpg").resolve()
    for read in (source.original, source.version):
        with pytest.raises(Refused, match="not inside the image folder"):
            read(path)


def test_a_small_file_of_a_web_format_goes_out_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.webp")
    picture = small(path)
    assert (picture.data, picture.media_type) == (path.read_bytes(), "image/webp")


def test_pictures_stand_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[opening.ORIENTATION] = 6
    path = saved(tmp_path / "a.jpg", (60, 30), exif=exif)
    assert decoded(small(path)).size == (30, 60)
    assert images.open_image(original(path)).size == (30, 60)


@pytest.mark.parametrize(("name", "mode"), [("a.tif", "I;16"), ("b.bmp", "P"), ("c.tif", "CMYK"), ("d.tif", "RGBA")])
def test_every_mode_becomes_a_picture_for_browsers(tmp_path: Path, name: str, mode: str) -> None:
    picture = small(saved(tmp_path / name, mode=mode))
    assert decoded(picture).size == (64, 48)
    assert picture.media_type == ("image/webp" if mode == "RGBA" else "image/jpeg")


def test_deep_grey_keeps_its_contrast(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(100, 4000, 4096, dtype=np.uint16).reshape(64, 64)).save(tmp_path / "a.png")
    assert images.open_image(original(tmp_path / "a.png")).convert("L").getextrema() == (0, 255)


def test_files_that_cannot_be_shown_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = saved(tmp_path / "whole.png", (900, 900)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "empty.jpg").touch()
    for name, why in (("cut.png", "damaged"), ("text.jpg", "known format"), ("empty.jpg", "known format"),
                      ("gone.jpg", "not there any more"), ("whole.png/x.jpg", "not there any more")):  # fmt: skip
        with pytest.raises(InputError, match=why):
            small(tmp_path / name)
    assert "known format" in images.problem(original(tmp_path / "text.jpg"))
    assert images.problem(original(tmp_path / "whole.png")) == ""
    monkeypatch.setattr(opening, "MOST_PIXELS", 1000)
    with pytest.raises(InputError, match=r"too large \(900 x 900"):
        small(tmp_path / "whole.png")


def test_pictures_that_look_alike_have_fingerprints_of_few_differing_bits(tmp_path):
    points = np.random.default_rng(0).integers(0, 255, (2, 12, 16), np.uint8)
    first, other = (Image.fromarray(each).resize((320, 240), Image.Resampling.BICUBIC) for each in points)
    first.save(tmp_path / "a.png")
    first.resize((200, 150)).save(tmp_path / "smaller.jpg", quality=60)
    other.save(tmp_path / "b.png")
    codes = [images.fingerprint(original(tmp_path / name)) for name in ("a.png", "smaller.jpg", "b.png")]
    assert (codes[0] ^ codes[1]).bit_count() <= 3
    assert (codes[0] ^ codes[2]).bit_count() > 10
