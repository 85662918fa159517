"""Files to a project and back, at the shapes of real data sets, beside pandas reading and joining the same files.

    python benchmarks/ingest.py                    CelebA's shape, 202,599 × 40
    python benchmarks/ingest.py --large            and 1,000,000 × 80
    python benchmarks/ingest.py --shape 5000x10    any other

The data are made by a fixed seed. Every contender runs in a process of its own, which says how long it took, how much
CPU time that was (on a busy machine the better figure), and what its peak memory was (the whole process, Python and
libraries included). Nothing here asserts anything.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CHANGES = 10_000


def make(folder: Path, items: int, tags: int, *, celeba: bool) -> None:
    """Labels as text, predictions as .npy with their ids and tags beside them."""
    import numpy as np

    rng = np.random.default_rng(7)
    probs = rng.beta(0.3, 0.9, (items, tags)).astype(np.float32)
    labels = rng.random((items, tags), np.float32) < probs
    names = [f"Tag_{at:02d}" for at in range(tags)]
    ids = [f"{at + 1:06d}.jpg" for at in range(items)]
    np.save(folder / "probs.npy", probs)
    (folder / "probs.ids.txt").write_text("\n".join(ids) + "\n")
    (folder / "probs.tags.txt").write_text("\n".join(names) + "\n")
    present, absent, mark = (" 1", "-1", " ") if celeba else ("1", "0", ",")
    with (folder / ("labels.txt" if celeba else "labels.csv")).open("w") as out:
        out.write(f"{items}\n{' '.join(names)} \n" if celeba else ",".join(["id", *names]) + "\n")
        for item, row in zip(ids, labels, strict=True):
            out.write(mark.join([item, *(present if value else absent for value in row)]) + "\n")


def labels_file(folder: Path) -> Path:
    return next(folder.glob("labels.*"))


def empty(folder: Path) -> None:
    """What the imports alone take."""
    import labelreview.intake  # noqa: F401


def to_project(folder: Path) -> None:
    """Read, check, join, and write a project that opens."""
    from labelreview import intake
    from labelreview.settings import Settings

    inputs = intake.gather(labels_file(folder), folder / "probs.npy")
    intake.create(_settings(Settings, folder), "bench", inputs)


def reopen(folder: Path) -> None:
    """Open the project: its data is there, nothing is computed."""
    from labelreview import folder as project_folder

    opened = project_folder.read(folder / "home" / "projects", "bench")
    assert opened.dataset.labels.shape == opened.dataset.pred_probs.shape
    assert opened.dataset.at(opened.dataset.labels.size - 1)


def export(folder: Path) -> None:
    """The corrected labels, with 10,000 cells changed."""
    import numpy as np

    from labelreview import folder as project_folder
    from labelreview import formats

    opened = project_folder.read(folder / "home" / "projects", "bench")
    cells = np.random.default_rng(8).choice(opened.dataset.labels.size, CHANGES, replace=False)
    flat = np.ravel(opened.dataset.labels)
    changes = {opened.dataset.at(cell): int(1 - flat[cell]) for cell in cells.tolist()}
    formats.write_labels(opened.labels_source, folder / "out", opened.card.labels_format, changes, overwrite=True)


def pandas_join(folder: Path) -> None:
    """pandas.read_csv of the labels, numpy.load of the predictions, joined by id and by tag."""
    import numpy as np
    import pandas as pd

    path = labels_file(folder)
    if path.suffix == ".txt":
        labels = pd.read_csv(path, sep=r"\s+", skiprows=1, engine="c")
        labels = (labels == 1).astype(np.int8)
    else:
        labels = pd.read_csv(path, index_col="id").astype(np.int8)
    ids = (folder / "probs.ids.txt").read_text().split()
    tags = (folder / "probs.tags.txt").read_text().split()
    probs = pd.DataFrame(np.load(folder / "probs.npy"), index=ids, columns=tags)
    both = labels.join(probs, how="inner", rsuffix="_prob")
    np.save(folder / "pandas_labels.npy", both[tags].to_numpy(np.int8))
    np.save(folder / "pandas_probs.npy", both[[f"{tag}_prob" for tag in tags]].to_numpy(np.float32))


def pandas_export(folder: Path) -> None:
    """pandas.read_csv of the labels, 10,000 cells changed, DataFrame.to_csv: not in the form that they came in."""
    import numpy as np
    import pandas as pd

    path = labels_file(folder)
    celeba = path.suffix == ".txt"
    frame = pd.read_csv(path, sep=r"\s+", skiprows=1) if celeba else pd.read_csv(path, index_col="id")
    values = frame.to_numpy().copy()
    rows, columns = np.divmod(np.random.default_rng(8).choice(values.size, CHANGES, replace=False), values.shape[1])
    values[rows, columns] = -values[rows, columns] if celeba else 1 - values[rows, columns]
    pd.DataFrame(values, frame.index, frame.columns).to_csv(folder / "pandas_out.csv")


CONTENDERS: dict[str, Callable[[Path], None]] = {
    "imports alone": empty,
    "files to a project": to_project,
    "the project opened again": reopen,
    "export, 10,000 changes": export,
    "pandas: read and join": pandas_join,
    "pandas: read, change, to_csv": pandas_export,
}


def _settings(settings: type, folder: Path) -> object:
    home = folder / "home"
    return settings(home=home, database_url=f"sqlite:///{home / 'decisions.db'}")


def run_one(name: str, folder: Path) -> None:
    """In the child: run, then print seconds and peak memory in MB."""
    import pandas  # noqa: F401  imports are no part of the time; both sides have all of them

    import labelreview.intake  # noqa: F401

    start, worked = time.perf_counter(), time.process_time()
    CONTENDERS[name](folder)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    print(seconds, worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(items: int, tags: int, *, celeba: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # in a process of its own: a child's peak begins with that of the process that starts it
        subprocess.run(
            [sys.executable, __file__, "--make", f"{items}x{tags}x{celeba:d}", "--folder", scratch], check=True
        )
        size = labels_file(folder).stat().st_size / 1e6
        print(f"\n{items:,} × {tags}: labels {size:.0f} MB of text, predictions {items * tags * 4 / 1e6:.0f} MB .npy")
        print(f"{'':<30} {'seconds':>8} {'of CPU':>8} {'peak MB':>8}")
        for name in CONTENDERS:
            command = [sys.executable, __file__, "--one", name, "--folder", scratch]
            done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
            if done.returncode:
                print(f"{name:<30} failed: {done.stderr.strip().splitlines()[-1]}")
                continue
            seconds, worked, peak = map(float, done.stdout.split())
            print(f"{name:<30} {seconds:>8.2f} {worked:>8.2f} {peak:>8.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--shape")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_one(options.one, options.folder)
    elif options.make:
        items, tags, celeba = map(int, options.make.split("x"))
        make(options.folder, items, tags, celeba=bool(celeba))
    elif options.shape:
        items, tags = map(int, options.shape.split("x"))
        measure(items, tags, celeba=True)
        measure(items, tags, celeba=False)
    else:
        measure(202_599, 40, celeba=True)
        if options.large:
            measure(1_000_000, 80, celeba=False)


if __name__ == "__main__":
    main()
