"""Pictures from anywhere: the same pictures from a folder, archives, the web and a store, and from nowhere else."""

import csv
import io
import socket
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labelreview import formats, images
from labelreview.desk import intake, pictures, predictions
from labelreview.desk.project import Project
from labelreview.errors import InputError, LabelReviewError, Refused
from labelreview.images import addresses, archive, cloud, web
from labelreview.images.gunzip import Gunzip
from labelreview.images.source import Source
from labelreview.settings import Settings
from tests.gallery import gallery, settings_in
from tests.web_server import Served, broken_off, serving, silent, trickling

NAMES = ("a.png", "deep/b é.png", "deep/er/c.v2.png")
IDS = ["a", "b é", "deep/er/c.v2.png", "nobody", "../a"]
FOUND = ["a.png", "deep/b é.png", "deep/er/c.v2.png", "", ""]


def png(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (8, 8), shade).save(buffer, "PNG")
    return buffer.getvalue()


PICTURES = {name: png(50 * at) for at, name in enumerate(NAMES)}
REST = {"notes.txt": b"x", ".hidden/d.png": png(1), "__MACOSX/a.png": png(2)}


def in_folder(folder: Path) -> Source:
    for name, data in (PICTURES | REST).items():
        (folder / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "images" / name).write_bytes(data)
    return images.opened(folder / "images")


def zipped(path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in (PICTURES | REST).items():
            made.writestr(name, data)
    return path


def tarred(path: Path, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as made:  # type: ignore[call-overload]
        for name, data in (PICTURES | REST).items():
            made.addfile(about(f"./{name}", size=len(data)), io.BytesIO(data))
    return path


def about(name: str, **facts: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info


def in_store(folder: Path) -> Source:
    where = f"memory://{folder.name}/images"
    store = fsspec.filesystem("memory")
    for name, data in (PICTURES | REST).items():
        store.pipe(f"/{folder.name}/images/{name}", data)
    return images.opened(where)


def zip_in_store(folder: Path) -> Source:
    fsspec.filesystem("memory").pipe(f"/{folder.name}/a.zip", zipped(folder / "a.zip").read_bytes())
    return images.opened(f"zip::memory://{folder.name}/a.zip")


PLACES: dict[str, Callable[[Path], Source]] = {
    "folder": in_folder,
    "zip": lambda folder: images.opened(zipped(folder / "a.zip"), keep=folder / "keep"),
    "zip of stored members": lambda folder: images.opened(zipped(folder / "a.zip", zipfile.ZIP_STORED)),
    "tar": lambda folder: images.opened(tarred(folder / "a.tar"), keep=folder / "keep"),
    "tar.gz": lambda folder: images.opened(tarred(folder / "a.tar.gz", "w:gz"), keep=folder / "keep"),
    "store": in_store,
    "zip in a store": zip_in_store,
}


@pytest.fixture(params=PLACES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return PLACES[request.param](tmp_path)


def test_every_source_lists_finds_and_gives_the_same_pictures(source: Source) -> None:
    assert sorted(source.names()) == sorted(NAMES)
    assert source.found(IDS) == FOUND
    for name in reversed(NAMES):
        assert source.original(name).read() == PICTURES[name]
        assert source.version(name) == source.version(name)
    assert len({source.version(name) for name in NAMES}) > 1 or "images" in source.where


def test_what_is_not_in_a_source_says_so_and_what_leads_out_is_not_read(source: Source) -> None:
    with pytest.raises(InputError, match="gone.png' (is not in|is not there|cannot be read)"):
        images.open_image(source.original("gone.png"))
    for name in ("../a.png", "/etc/passwd", "deep/../../a.png"):
        with pytest.raises(LabelReviewError, match="is not in|no name below"):
            source.original(name)


@pytest.mark.parametrize("place", ["zip", "tar", "tar.gz"])
def test_the_members_of_an_archive_are_listed_once_and_again_when_it_changes(tmp_path: Path, place: str) -> None:
    first = PLACES[place](tmp_path)
    assert len(list(first.names())) == 3
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "keep").rglob("*.npy")}
    assert len(kept) == 3
    assert images.opened(first.where, keep=tmp_path / "keep").original(NAMES[1]).read() == PICTURES[NAMES[1]]
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "keep").rglob("*.npy")} == kept
    version = first.version("a.png")
    with zipfile.ZipFile(first.where, "w") as anew:
        anew.writestr("z.png", png(9))
    again = images.opened(first.where, keep=tmp_path / "keep")
    assert list(again.names()) == ["z.png"]
    assert again.version("a.png") != version


def test_nothing_of_a_hostile_zip_is_listed_or_written(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as made:
        for name in ("../out.png", "/abs.png", "a/../../out.png", "C:/x.png", "..\\out.png"):
            made.writestr(name, png(1))
        made.writestr(link, "/etc/passwd")
        made.writestr("good\\one.png", png(7))
    source = images.opened(tmp_path / "bad.zip")
    assert list(source.names()) == ["good/one.png"]
    assert source.original("good/one.png").read() == png(7)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"]


def test_nothing_of_a_hostile_tar_is_listed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as made:
        for name in ("../out.png", "/abs.png", "good.png"):
            made.addfile(about(name, size=4), io.BytesIO(b"good"))
        made.addfile(about("link.png", type=tarfile.SYMTYPE, linkname="/etc/passwd"))
        made.addfile(about("hard.png", type=tarfile.LNKTYPE, linkname="good.png"))
        made.addfile(about("device.png", type=tarfile.CHRTYPE))
    assert list(images.opened(tmp_path / "bad.tar").names()) == ["good.png"]


def test_a_bomb_a_lie_and_damage_in_an_archive_are_placeholders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.png", b"\0" * (4 << 20))
        made.writestr("good.png", png(3))
        made.writestr("packed.png", png(3), zipfile.ZIP_BZIP2)
    data = bytearray(path.read_bytes())
    at = data.index(b"good.png") + len(b"good.png") + 10
    data[at] ^= 0xFF
    path.write_bytes(data)
    source = images.opened(path)
    with pytest.raises(InputError, match="unpacks to 1,000 times its size"):
        source.original("bomb.png")
    with pytest.raises(InputError, match="damaged in the archive|cannot be read from the archive"):
        source.original("good.png")
    with pytest.raises(InputError, match="use deflate or store"):
        source.original("packed.png")
    monkeypatch.setattr(archive, "LARGEST", 10)
    with pytest.raises(InputError, match="more than the 10 that are opened"):
        source.original("good.png")


def test_an_archive_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 and nothing more")
    (tmp_path / "a.tar.gz").write_bytes(tarred(tmp_path / "whole.tar.gz", "w:gz").read_bytes()[:-300])
    for name in ("a.zip", "a.tar.gz"):
        with pytest.raises(InputError, match=rf"{name}: this archive cannot be read"):
            list(images.opened(tmp_path / name).names())


@given(st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 9_000)), max_size=20), st.booleans())
def test_an_unpacked_gzip_is_read_from_any_place(places: list[tuple[int, int]], two: bool) -> None:
    import gzip
    import random

    data = random.Random(1).randbytes(30_000) + b"\0" * 30_000
    packed = gzip.compress(data[:20_000]) + gzip.compress(data[20_000:]) if two else gzip.compress(data)
    file = Gunzip(io.BytesIO(packed))
    for place, length in places:
        assert file.at(place, length) == data[place : place + length]


def test_a_gzip_remembers_places_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr("labelreview.images.gunzip.STEP", 1 << 18)
    data = bytes(range(256)) * 16_000
    packed = io.BytesIO(gzip.compress(data))
    file = Gunzip(packed)
    assert file.at(len(data) - 5, 10) == data[-5:]
    reads, real = [], packed.read
    packed.read = lambda *size: (reads.append(1), real(*size))[1]  # type: ignore[method-assign]
    assert file.at(3_000_000, 4) == data[3_000_000:3_000_004]
    assert len(reads) <= 4


# ---- the web


@pytest.fixture
def served() -> Iterator[Served]:
    with serving({f"/p/{name.replace(' é', '%20%C3%A9')}": data for name, data in PICTURES.items()}) as made:
        yield made


def test_on_the_web_the_id_says_where_a_picture_is(served: Served) -> None:
    base = images.opened(f"{served.url}/p/", private=True)
    assert base.found(["a.png", "deep/b é.png", "../x", "", "https://example.org/x.png"]) == [
        "a.png", "deep/b é.png", "", "", "https://example.org/x.png",
    ]  # fmt: skip
    assert base.original("deep/b é.png").read() == PICTURES["deep/b é.png"]
    pattern = images.opened(f"{served.url}/p/{{id}}.png", private=True)
    assert pattern.original("deep/er/c.v2").read() == PICTURES["deep/er/c.v2.png"]
    urls = images.opened("http://", private=True)
    assert urls.found([f"{served.url}/p/a.png", "a.png"]) == [f"{served.url}/p/a.png", ""]
    assert urls.original(f"{served.url}/p/a.png").read() == PICTURES["a.png"]
    with pytest.raises(InputError, match="gone.png' is not there .* says 404"):
        base.original("gone.png")
    with pytest.raises(InputError, match="cannot be listed"):
        list(base.names())


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png", "http://localhost/a.png", "http://[::1]/a.png", "http://169.254.169.254/latest/",
        "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://0.0.0.0/",
        "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1]/",
        "http://[fd00:ec2::254]/", "http://[64:ff9b::7f00:1]/", "https://127.0.0.1/a.png",
    ],
)  # fmt: skip
def test_addresses_inside_a_private_network_are_refused_however_they_are_written(url: str) -> None:
    with pytest.raises(Refused, match="private network, which is not read. Set LABELREVIEW_PRIVATE_ADDRESSES=1"):
        images.opened("https://").original(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/a.png", "gopher://x/", "http://", "http:///x"]
)
def test_only_http_is_fetched(url: str) -> None:
    with pytest.raises((Refused, InputError), match="not an http or https URL"):
        addresses.fetched(url, private=True, largest=10)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(Refused, match="no user name or password") as caught:
        images.opened("https://ann:secret@example.org/")
    assert "secret" not in str(caught.value)


def test_a_name_that_also_has_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def rebound(host: str, port: int, **_options: object) -> list[object]:
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.7")]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with pytest.raises(Refused, match=r"example.org is 10.0.0.7"):
        addresses.fetched("http://example.org/", private=False, largest=10)


def test_a_redirect_is_checked_like_the_first_address(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.pages |= {"/round": "/round", "/file": "file:///etc/passwd", "/on": "/p/a.png", "/in": "http://10.9.8.7/x"}
    assert addresses.fetched(f"{served.url}/on", private=True, largest=9999).body == PICTURES["a.png"]
    with pytest.raises(Refused, match="not an http or https URL"):
        addresses.fetched(f"{served.url}/file", private=True, largest=9999)
    with pytest.raises(addresses.Unreachable, match="more than 5 redirects"):
        addresses.fetched(f"{served.url}/round", private=True, largest=9999)
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")  # the first one only
    with pytest.raises(Refused, match="10.9.8.7, an address inside a private network"):
        addresses.fetched(f"{served.url}/in", private=False, largest=9999)


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (silent, "did not come in time: 127.0.0.1 is slow"),
        (trickling, "did not come in time"),
        (broken_off, "broke off|does not answer"),
        (b"x" * 3000, "has more than 2,000 bytes"),
        (500, "cannot be fetched .* says 500"),
    ],
)
def test_a_server_that_is_slow_broken_or_endless_is_an_error_in_bounded_time(
    served: Served, monkeypatch: pytest.MonkeyPatch, page: object, why: str
) -> None:
    monkeypatch.setattr(web, "LARGEST", 2000)
    served.pages["/p/x.png"] = page  # type: ignore[assignment]
    source = web.Web(f"{served.url}/p", private=True, seconds=0.4)
    begun = time.monotonic()
    with pytest.raises(InputError, match=why):
        source.original("x.png")
    assert time.monotonic() - begun < 2.5


def test_a_host_that_does_not_answer_is_left_alone_for_a_while(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.pages["/p/x.png"] = silent
    source = web.Web(f"{served.url}/p", private=True, seconds=0.05)
    for _ in range(web.FAILURES):
        with pytest.raises(InputError, match="in time"):
            source.original("x.png")
    asked = len(served.asked)
    with pytest.raises(InputError, match="did not answer 4 times and is left alone for 20 seconds"):
        source.original("a.png")
    assert len(served.asked) == asked
    monkeypatch.setattr(web, "PAUSE", 0.0)
    source.seconds = 5.0
    assert source.original("a.png").read() == PICTURES["a.png"]


def test_a_zip_on_the_web_is_read_by_its_parts(tmp_path: Path, served: Served) -> None:
    rest = {f"more/{n}.png": bytes(100_000) for n in range(30)}
    with zipfile.ZipFile(zipped(tmp_path / "a.zip"), "a", zipfile.ZIP_STORED) as made:
        for name, data in rest.items():
            made.writestr(name, data)
    served.pages["/a.zip"] = (tmp_path / "a.zip").read_bytes()
    for where in (f"{served.url}/a.zip", f"zip::{served.url}/a.zip"):
        source = images.opened(where, private=True)
        assert source.found(IDS) == FOUND
        assert source.original(NAMES[2]).read() == PICTURES[NAMES[2]]
    served.pages["/a.zip"] = lambda handler: handler.send_error(200)
    with pytest.raises(InputError, match="does not give parts of a file"):
        images.opened(f"{served.url}/a.zip", private=True)


# ---- stores


def test_a_store_that_is_not_read_from_is_refused_and_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for where in (
        "file:///etc",
        "local://etc",
        "reference://x",
        "simplecache::s3://x",
        "dir::file:///etc",
        "zip::zip::a",
    ):
        with pytest.raises(LabelReviewError, match="not read from|only zip:: and tar::|not a folder"):
            list(images.opened(where, private=True).names())
    with pytest.raises(Refused, match="sftp may reach into a private network"):
        images.opened("sftp://router/x")

    def missing(*_arguments: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(InputError, match=r"s3:// needs the package s3fs. Install it: pip install 'labelreview\[s3\]'"):
        list(images.opened("s3://bucket/x").names())
    with pytest.raises(InputError, match=r"pip install 'labelreview\[gs\]'"):
        list(images.opened("gs://bucket/x").names())
    with pytest.raises(InputError, match="pip install 'adlfs'"):
        list(images.opened("az://bucket/x").names())


def test_a_store_that_hangs_or_fails_is_an_error_in_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_store(tmp_path)
    source = cloud.Cloud(f"memory://{tmp_path.name}/images", seconds=0.2)
    store = fsspec.filesystem("memory")
    monkeypatch.setattr(type(store), "cat_file", lambda *_a, **_k: time.sleep(1.0))
    begun = time.monotonic()
    with pytest.raises(InputError, match="did not come in 0.2 seconds from memory://"):
        source.original("a.png")
    assert time.monotonic() - begun < 0.9

    def denied(*_arguments: object, **_options: object) -> bytes:
        raise PermissionError("AccessDenied")

    monkeypatch.setattr(type(store), "cat_file", denied)
    with pytest.raises(InputError, match=r"cannot be fetched from memory://.*AccessDenied"):
        source.original("a.png")


# ---- a project of each


def labelled(folder: Path, ids: list[str]) -> tuple[Path, Path]:
    for name, value in (("labels.csv", 1), ("predictions.csv", 0.2)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["id", "hat"], *([item, value] for item in ids)])
    return folder / "labels.csv", folder / "predictions.csv"


@pytest.mark.parametrize("place", PLACES)
def test_a_project_finds_its_pictures_again_wherever_they_are(tmp_path: Path, place: str) -> None:
    settings, source = settings_in(tmp_path), PLACES[place](tmp_path)
    inputs = intake.gather(*labelled(tmp_path, IDS), pictures.source(settings, source.where))
    assert dict(inputs.report.image_problems) == dict.fromkeys(IDS[3:], "no file of this name")
    assert any("were looked at" in note for note in inputs.report.notes) == source.remote
    intake.create(settings, "anywhere", inputs)
    with Project.open(settings, "anywhere") as project:
        assert [project.image_name(item) for item in IDS] == FOUND
        assert project.pictures.original(project.image_name("a")).read() == PICTURES["a.png"]


def test_a_column_of_urls_gives_the_pictures(tmp_path: Path, served: Served) -> None:
    where = f"{tmp_path / 'items.csv'}:picture url"
    rows = [
        ["id", "picture url", "x"],
        ["one", f"{served.url}/p/a.png", "1"],
        ["two", "", "2"],
        ["three", "a.png", "3"],
    ]
    with (tmp_path / "items.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    env = {"LABELREVIEW_HOME": str(tmp_path / "home"), "LABELREVIEW_PRIVATE_ADDRESSES": "1"}
    settings = Settings.from_environment(env)
    inputs = intake.gather(*labelled(tmp_path, ["one", "two", "three"]), pictures.source(settings, where))
    intake.create(settings, "urls", inputs)
    with Project.open(settings, "urls") as project:
        assert (project.image_name("two"), project.image_name("three")) == ("", "")
        assert project.pictures.original(project.image_name("one")).read() == PICTURES["a.png"]
    with Project.open(settings_in(tmp_path), "urls") as project, pytest.raises(Refused, match="private network"):
        project.pictures.original(project.image_name("one"))


def test_of_a_remote_source_some_pictures_are_looked_at_and_read_ahead(served: Served, tmp_path: Path) -> None:
    served.pages |= {f"/p/{n}.png": png(n) for n in range(80)}
    source = images.opened(f"{served.url}/p/{{id}}.png", private=True)
    looked = pictures.looked_at(source, [str(n) for n in range(80)], lambda *_: None)
    assert pictures.SAMPLE <= len(served.asked) <= 2 * pictures.SAMPLE
    assert looked.problems is not None
    assert set(looked.problems.values()) == {""}
    names = [str(n) for n in range(80)]
    with images.Ahead(source, names) as ahead:
        assert all(ahead.original(name).read() == png(int(name)) for name in names)
    del served.asked[:]
    with images.Ahead(source, names) as ahead:
        ahead.original("0")
        time.sleep(0.3)
        assert 1 < len(served.asked) <= 40  # ahead, and not all at once


def test_predictions_are_made_from_pictures_in_an_archive_as_from_their_folder(tmp_path: Path) -> None:
    gallery(settings_in(tmp_path), tmp_path)
    folder = tmp_path / "images of gallery"
    with zipfile.ZipFile(tmp_path / "gallery.zip", "w") as made:
        for path in folder.iterdir():
            made.write(path, path.name)
    labels = formats.read_labels(tmp_path / "labels.csv")
    one, other = (predictions.described(labels, where) for where in (folder, tmp_path / "gallery.zip"))
    assert np.isfinite(one.rows).all()
    assert np.array_equal(one.rows, other.rows)
    assert np.array_equal(one.groups, other.groups)
