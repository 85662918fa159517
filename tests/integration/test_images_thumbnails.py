"""Small pictures: kept within a limit, made by processes of their own, and whoever waits comes first."""

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelreview import images
from labelreview.errors import InputError
from labelreview.images.cache import Cache
from labelreview.images.folder import Folder
from labelreview.images.opening import Picture
from labelreview.images.source import Original
from labelreview.images.thumbnails import Thumbnails
from labelreview.images.workers import Job, Workers

LIMIT = 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for n in range(4):
        Image.new("RGB", (3000, 1500), (60 * n, 0, 0)).save(tmp_path / "images" / f"{n}.png")
    return tmp_path / "images"


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2, longest=20)
    yield made
    made.close()


@pytest.fixture
def thumbnails(tmp_path: Path, workers: Workers) -> Iterator[Thumbnails]:
    made = Thumbnails(tmp_path / "cache", LIMIT, workers)
    yield made
    made.close()


class Slow(Folder):
    """A folder whose pictures come after a while, and which remembers what it was asked for."""

    remote = True

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(path)
        self.seconds, self.asked, self.reading, self.most = seconds, list[str](), 0, 0
        self._lock = threading.Lock()

    def original(self, name: str) -> Original:
        with self._lock:
            self.asked.append(name)
            self.reading += 1
            self.most = max(self.most, self.reading)
        time.sleep(self.seconds)
        with self._lock:
            self.reading -= 1
        return Original(name, super().original(name).read())


def kept(cache: Path) -> list[Path]:
    return sorted(path for path in cache.glob("??/*") if path.is_file())


def test_a_large_picture_is_made_small_once_and_kept_for_the_next_process(
    folder: Path, thumbnails: Thumbnails, tmp_path: Path, workers: Workers
) -> None:
    source = Slow(folder, 0.0)
    first = thumbnails.picture(source, "1.png", 1280)
    assert Image.open(io.BytesIO(first.data)).size == (1280, 640)
    assert [path.read_bytes() for path in kept(tmp_path / "cache")] == [first.data]
    again = Thumbnails(tmp_path / "cache", LIMIT, workers)
    assert (again.picture(source, "1.png", 1280), source.asked) == (first, ["1.png"])
    Image.new("RGB", (1500, 3000)).save(folder / "1.png")
    assert thumbnails.picture(source, "1.png", 1280) != first


def test_many_who_ask_for_one_picture_have_it_made_once(folder: Path, thumbnails: Thumbnails) -> None:
    source, found = Slow(folder, 0.2), list[Picture]()
    threads = [
        threading.Thread(target=lambda: found.append(thumbnails.picture(source, "2.png", 320))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), source.asked) == (8, 1, ["2.png"])


def test_what_comes_next_is_made_ahead_and_failures_are_said_when_asked(folder: Path, thumbnails: Thumbnails) -> None:
    (folder / "broken.png").write_text("nothing")
    source = Slow(folder, 0.05)
    names = ["0.png", "broken.png", "1.png", "2.png"]
    thumbnails.ahead(source, names, 1280)
    end = time.monotonic() + 20
    while len(kept(thumbnails.cache.folder)) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    before = len(source.asked)
    for name in ("0.png", "1.png", "2.png"):
        thumbnails.picture(source, name, 1280)
    assert len(source.asked) == before == 4
    with pytest.raises(InputError, match="broken.png' is not an image of a known format"):
        thumbnails.picture(source, "broken.png", 1280)
    assert len(source.asked) == 4  # remembered, so that who asks why hears it at once


def test_who_waits_now_does_not_wait_for_what_is_made_ahead(tmp_path: Path) -> None:
    """One of two workers is held by work that is made ahead, more of it waits: an urgent job is done at once."""
    workers = Workers(2, longest=20)
    try:
        (tmp_path / "pipe").mkdir()
        fifo = tmp_path / "pipe" / "slow.png"
        os.mkfifo(fifo)  # a file that is read only once somebody writes
        Image.new("RGB", (600, 300)).save(tmp_path / "a.png")
        cache = Cache(tmp_path / "cache", LIMIT)
        done = list[str]()

        def make(name: str, path: Path, urgent: bool) -> threading.Thread:
            def run() -> None:
                with suppress(InputError):
                    workers.made(Job(name, Original(path.name, path), 320, urgent, cache))
                done.append(name)

            thread = threading.Thread(target=run)
            thread.start()
            return thread

        ahead = [make("slow", fifo, urgent=False)]
        time.sleep(0.3)
        ahead += [make(f"ahead {n}", tmp_path / "a.png", urgent=False) for n in range(3)]
        time.sleep(0.3)
        assert done == []  # the last free worker is kept for who waits
        make("urgent", tmp_path / "a.png", urgent=True).join(20)
        assert done == ["urgent"]
        while "slow" not in done:  # whoever opens it gets an empty file
            with suppress(OSError):
                os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
            time.sleep(0.02)
        for thread in ahead:
            thread.join(20)
        assert len(done) == 5
    finally:
        workers.close()


def test_a_picture_that_stalls_or_crashes_the_decoder_takes_nothing_else_with_it(tmp_path: Path) -> None:
    workers = Workers(2, longest=0.5)
    try:
        os.mkfifo(tmp_path / "stalls.png")
        Image.new("RGB", (600, 300)).save(tmp_path / "a.png")
        cache = Cache(tmp_path / "cache", LIMIT)

        def made(name: str) -> Picture:
            return workers.made(Job(name, Original(name, tmp_path / name), 320, True, cache))

        with pytest.raises(InputError, match="stalls.png' took more than 0.5 seconds to decode"):
            made("stalls.png")
        workers._longest = 20
        assert made("a.png").media_type == "image/jpeg"
        os.kill(workers._idle[0]._process.pid, signal.SIGKILL)
        with pytest.raises(InputError, match="crashed the program that decodes it"):
            made("a.png")
        assert made("a.png").media_type == "image/jpeg"
    finally:
        workers.close()


def test_a_mode_that_only_workers_meet_has_the_same_pictures(folder: Path, thumbnails: Thumbnails) -> None:
    deep = np.linspace(100, 4000, 4096, dtype=np.uint16).reshape(64, 64)
    Image.fromarray(deep).save(folder / "deep.png")
    by_worker = thumbnails.picture(images.opened(folder), "deep.png", 320)
    assert by_worker == images.made(Original("deep.png", folder / "deep.png"), 320)[0]


# ---- the cache


def put(cache: Cache, number: int, size: int = 1000) -> str:
    key = f"{number:040x}"
    cache.put(key, Picture(bytes(size), "image/jpeg"))
    return key


def aged(cache: Cache, key: str, seconds: float) -> None:
    path = cache.folder / key[:2] / f"{key}.jpg"
    os.utime(path, (time.time() - seconds,) * 2)


def size_of(cache: Cache) -> int:
    return sum(path.stat().st_size for path in kept(cache.folder))


def test_the_cache_stays_below_its_limit_and_lets_go_of_what_was_not_looked_at(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 20_000)
    keys = []
    for number in range(20):
        keys.append(put(cache, number << 150))
        aged(cache, keys[-1], 10_000 - 100 * number)
    assert cache.get(keys[0]) is not None  # looked at: now the newest
    for number in range(20, 30):
        put(cache, number << 150)
        cache.trim()
        assert size_of(cache) <= 20_000
    assert cache.get(keys[0]) is not None
    assert cache.get(keys[1]) is None


def test_processes_that_share_a_cache_keep_to_one_limit(tmp_path: Path) -> None:
    caches = [Cache(tmp_path, 20_000) for _ in range(3)]
    for number in range(150):
        cache = caches[number % 3]
        put(cache, number << 150)
        cache.trim()
        assert size_of(cache) <= 20_000 + 3 * 1_000
    assert Cache(tmp_path, 20_000).get(f"{149 << 150:040x}") is not None


def test_half_written_files_of_a_dead_process_are_swept_and_its_lock_is_broken(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 20_000)
    key = put(cache, 1 << 150)
    left = tmp_path / key[:2] / "x.tmp"
    left.write_bytes(b"half")
    (tmp_path / "trimming").touch()
    for path in (left, tmp_path / "trimming"):
        os.utime(path, (time.time() - 5000,) * 2)
    cache.trim()
    assert kept(tmp_path) == [tmp_path / key[:2] / f"{key}.jpg"]
    assert not (tmp_path / "trimming").exists()


def test_a_cache_that_cannot_be_written_makes_pictures_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file", 1000)
    assert cache.get(put(cache, 1)) is None
    cache.trim()
