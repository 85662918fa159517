"""What 12-megapixel originals cost: `python benchmarks/pictures.py`. Nothing is asserted; the numbers are printed.

The pictures are made here: smooth colours, edges and the grain of a sensor, 4032 × 3024, as JPEG (quality 90) and, for
two rows, as PNG. "Small" is what the review page shows, at most 1280 points wide and high.
"""

import argparse
import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from labelreview import images
from labelreview.images.workers import Workers

SIZE, SHOWN = (4032, 3024), 1280
LIMIT = 2 << 20  # of the cache in the last rows


def picture(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    smooth = Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    edges = Image.fromarray(rng.integers(0, 255, (96, 128, 3), np.uint8)).resize(SIZE, Image.Resampling.NEAREST)
    mixed = np.asarray(Image.blend(smooth, edges, 0.3), np.int16)
    return Image.fromarray(np.clip(mixed + rng.integers(-6, 7, mixed.shape, np.int16), 0, 255).astype(np.uint8))


def make(folder: Path, count: int) -> None:
    for at in range(count):
        picture(at).save(folder / f"{at:03d}.jpg", quality=90)
    picture(0).save(folder / "one.png", compress_level=1)


def each(names: list[str], work: Callable[[str], object], *, here: bool = True) -> str:
    """Median and largest milliseconds of one call a name, and those of the processor where the work is done `here`."""
    times, before = [], time.process_time()
    for name in names:
        start = time.perf_counter()
        work(name)
        times.append(1000 * (time.perf_counter() - start))
    worked = 1000 * (time.process_time() - before) / len(names)
    spent = f"; {worked:.0f} ms of CPU" if here else ""
    return f"{statistics.median(times):.0f} ms (at most {max(times):.0f}){spent}"


def size_of(folder: Path) -> int:
    total = 0
    for path in folder.glob("??/*.*"):
        with suppress(FileNotFoundError):  # let go of just now
            total += path.stat().st_size
    return total


def say(what: str, found: str) -> None:
    print(f"| {what} | {found} |", flush=True)


def decoding(folder: Path, names: list[str]) -> None:
    source = images.opened(folder)
    say("the whole original decoded", each(names, lambda name: images.open_image(source.original(name)).load()))
    say("a small one made, in one process", each(names, lambda name: images.made(source.original(name), SHOWN)))
    say("the same of a PNG", each(["one.png"] * 3, lambda name: images.made(source.original(name), SHOWN)))
    data, _ = images.made(source.original(names[0]), SHOWN)
    show = each([""] * 9, lambda _: Image.open(io.BytesIO(data.data)).load())
    say(f"a small one ({len(data.data) / 1e3:.0f} kB) decoded again, as a browser does", show)


def serving(folder: Path, names: list[str], scratch: Path) -> None:
    source, workers = images.opened(folder), Workers()
    try:
        workers.start()
        small = images.Thumbnails(scratch / "cold", 1 << 40, workers)
        small.picture(source, names[0], 320)  # the first process has started
        say(
            "the page waits for one that is not there yet",
            each(names, lambda n: small.picture(source, n, SHOWN), here=False),
        )
        say("the page waits for one that is kept", each(names, lambda n: small.picture(source, n, SHOWN), here=False))
        ahead = images.Thumbnails(scratch / "ahead", 1 << 40, workers)
        start = time.perf_counter()
        ahead.ahead(source, names, SHOWN)
        waited = time.perf_counter()
        ahead.picture(source, "one.png", SHOWN)
        waited = time.perf_counter() - waited
        while len(list((scratch / "ahead").glob("??/*.jpg"))) < len(names) + 1:
            time.sleep(0.01)
        done = time.perf_counter() - start
        say(f"the next {len(names)} made ahead", f"{done:.2f} s, {1000 * done / len(names):.0f} ms each")
        say("the PNG asked for while these are made", f"{1000 * waited:.0f} ms")
        ahead.close()
    finally:
        workers.close()


def bounded(folder: Path, names: list[str], scratch: Path) -> None:
    source, workers, largest = images.opened(folder), Workers(), 0
    try:
        small = images.Thumbnails(scratch / "bounded", LIMIT, workers)
        for size in (SHOWN, 640, 320, 960, 1100):
            for name in names:
                small.picture(source, name, size)
                largest = max(largest, size_of(scratch / "bounded"))
        made = 5 * len(names)
        say(f"a cache of {LIMIT / 1e6:.1f} MB through which {made} pictures went", f"{largest / 1e6:.1f} MB at most")
    finally:
        workers.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    say("memory of the largest worker process", f"{peak:.0f} MB at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=24)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder, scratch = Path(made) / "pictures", Path(made) / "kept"
        folder.mkdir()
        make(folder, options.count)
        names = sorted(path.name for path in folder.glob("*.jpg"))
        mean = sum((folder / name).stat().st_size for name in names) / len(names) / 1e6
        print(f"{len(names)} JPEGs of 12 megapixels, {mean:.1f} MB each; {os.cpu_count()} cores, load "
              f"{os.getloadavg()[0]:.1f}\n\n| | |\n|---|---|")  # fmt: skip
        decoding(folder, names)
        serving(folder, names, scratch)
        bounded(folder, names, scratch)


if __name__ == "__main__":
    main()
