"""Files to a project and back, at the shapes of real data sets, beside pandas reading and joining the same files.

    python benchmarks/ingest.py                    CelebA's shape, 202,599 × 40
    python benchmarks/ingest.py --large            and 1,000,000 × 80
    python benchmarks/ingest.py --shape 5000x10    any other
    python benchmarks/ingest.py --sparse           EUR-Lex' shape, 57,000 × 4,300, lists of tags and a scipy matrix
    python benchmarks/ingest.py --sparse --large   and Open Images', 1,700,000 × 20,000 with 20 known cells an item

The data are made by a fixed seed. Every contender runs in a process of its own, which says how long it took, how much
CPU time that was (on a busy machine the better figure), and what its peak memory was (the whole process, Python and
libraries included); of what says how far it is, the longest wait between two words, in seconds and in CPU time. "In a
running server" is a real one: the time of the first questions of a project that is prepared, and by how much that lets
the server process grow. Nothing here asserts anything.
"""

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CHANGES, SCORED = 10_000, 20


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


def make_sparse(folder: Path, items: int, tags: int, *, listed: bool) -> None:
    """20 scored cells an item (scipy.sparse .npz, as the models of these data sets give their best tags), and labels:
    a list of tags an item, or a row of Open Images for every one of these cells.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import scipy.sparse

    rng = np.random.default_rng(7)
    step = tags // SCORED  # each from its own range of tags, so that none comes twice
    columns = np.arange(SCORED) * step + (rng.random((items, SCORED)) ** 2 * step).astype(np.int32)
    probs = rng.beta(0.3, 1.2, (items, SCORED)).astype(np.float32)
    present = rng.random((items, SCORED), np.float32) < probs
    starts = np.arange(items + 1) * SCORED
    scipy.sparse.save_npz(
        folder / "probs.npz", scipy.sparse.csr_array((probs.ravel(), columns.ravel(), starts), (items, tags)), False
    )
    ids, names = [f"{at:016x}" for at in range(items)], [f"/m/{at:05d}" for at in range(tags)]
    (folder / "probs.ids.txt").write_text("\n".join(ids) + "\n")
    (folder / "probs.tags.txt").write_text("\n".join(names) + "\n")
    if listed:
        lists = (";".join(names[at] for at in row[some]) for row, some in zip(columns, present, strict=True))
        lines = [f"{item},{tags}\n" for item, tags in zip(ids, lists, strict=True)]
        (folder / "labels.csv").write_text("id,tags\n" + "".join(lines))
        return
    with (folder / "labels.csv").open("wb") as out:
        out.write(b"ImageID,Source,LabelName,Confidence\n")
        for at in range(0, items, 100_000):
            part = slice(at, at + 100_000)
            rows = {
                "id": pa.array(ids[part]).take(np.repeat(np.arange(len(ids[part])), SCORED)),
                "source": pa.repeat("verification", present[part].size),
                "tag": pa.array(names).take(columns[part].ravel()),
                "said": present[part].ravel().astype(np.int8),
            }
            options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
            pa.csv.write_csv(pa.table(rows), out, options)


def labels_file(folder: Path) -> Path:
    return next(folder.glob("labels.*"))


def empty(folder: Path) -> None:
    """What the imports alone take."""
    import labelreview.desk.intake  # noqa: F401


def to_project(folder: Path) -> None:
    """Read, check, join, and write a project that opens."""
    from labelreview.desk import intake
    from labelreview.settings import Settings

    inputs = intake.gather(labels_file(folder), folder / "probs.npy", progress=WAITS.word)
    intake.create(_settings(Settings, folder), "bench", inputs, progress=WAITS.word)


def prepare(folder: Path) -> None:
    """Scores, suspects and the front of the order, kept for all that come."""
    from labelreview.desk.project import Project
    from labelreview.settings import Settings

    with Project.open(_settings(Settings, folder), "bench") as project:
        project.prepare()


def new_labels(folder: Path) -> None:
    """Another version: the same labels read again, 100 of them changed, compared and written."""
    from labelreview.desk import versions
    from labelreview.settings import Settings

    path = folder / f"new{labels_file(folder).suffix}"
    text = labels_file(folder).read_bytes()
    at = len(text) // 2
    rest = text[at:].replace(b" 1 -1 -1 ", b" 1  1 -1 ", 100).replace(b",1,0,0,", b",1,1,0,", 100)
    path.write_bytes(text[:at] + rest)
    settings = _settings(Settings, folder)
    WAITS.begin()
    update = versions.gather(settings, "bench", versions.New(labels=path), progress=WAITS.word)
    versions.apply(settings, update, progress=WAITS.word)


class Waits:
    """The longest wait between two words about how far something is, in seconds and of CPU time."""

    def __init__(self) -> None:
        self.longest, self.of_cpu, self.words = 0.0, 0.0, 0
        self.begin()

    def begin(self) -> None:
        self._last = time.perf_counter(), time.process_time()

    def word(self, _step: str, _share: float) -> None:
        now = time.perf_counter(), time.process_time()
        self.longest = max(self.longest, now[0] - self._last[0])
        self.of_cpu = max(self.of_cpu, now[1] - self._last[1])
        self._last, self.words = now, self.words + 1


WAITS = Waits()


def in_server(folder: Path, questions: int = 100) -> None:
    """`streamlit run app.py` on the home, asked for the first questions as a page does; prints what it cost."""
    from labelreview.desk import folder as project_folder
    from labelreview.settings import Settings
    from labelreview.web import auth

    settings = _settings(Settings, folder)
    uid = project_folder.read(settings.projects, "bench").card.uid
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"LABELREVIEW_HOME": str(settings.home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _until_it_answers(f"{address}/_stcore/health")
        body = json.dumps({"holder": "holder-of-ann", "want": questions}).encode()
        headers = {"Content-Type": "application/json"}
        for name in ("nothing", "bench"):  # the first loads what any project needs, such as the database
            token = auth.token(auth.secret(settings.home), uid, "ann")
            asked = urllib.request.Request(f"{address}/api/projects/{name}/queue", body, headers | {auth.HEADER: token})
            before, start, worked = _resident(server.pid), time.perf_counter(), _worked(server.pid)
            try:
                found = json.load(urllib.request.urlopen(asked, timeout=600))["cells"]
            except urllib.error.HTTPError:
                continue
            seconds, worked = time.perf_counter() - start, _worked(server.pid) - worked
            assert len(found) == questions
            after = _resident(server.pid)
            print("server", seconds, worked, after[0], after[0] - before[0], after[1] - before[1])
    finally:
        server.kill()
        server.wait()


def _until_it_answers(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server does not answer.")


def _resident(pid: int) -> tuple[float, float]:
    """MB of a process, as `ps` says it, and those of them that are no pages of mapped files."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(said["VmRSS"].split()[0]) / 1024, int(said["RssAnon"].split()[0]) / 1024


def _worked(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reopen(folder: Path) -> None:
    """Open the project: its data is there, nothing is computed."""
    from labelreview.desk import folder as project_folder

    opened = project_folder.read(folder / "home" / "projects", "bench")
    assert opened.dataset.labels.shape == opened.dataset.pred_probs.shape
    assert opened.dataset.at(opened.dataset.labels.size - 1)


def export(folder: Path) -> None:
    """The corrected labels, with 10,000 cells changed."""
    import numpy as np

    from labelreview import formats
    from labelreview.desk import folder as project_folder

    opened = project_folder.read(folder / "home" / "projects", "bench")
    data, labels = opened.dataset, np.ravel(opened.dataset.labels)
    slots = np.random.default_rng(8).choice(np.flatnonzero(labels >= 0), CHANGES, replace=False)
    cells = zip(data.grid.cells(slots).tolist(), labels[slots].tolist(), strict=True)
    changes = {data.at(cell): 1 - label for cell, label in cells}
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


def to_sparse_project(folder: Path) -> None:
    """Read, check, join, and write a project that opens."""
    from labelreview.desk import intake
    from labelreview.settings import Settings

    inputs = intake.gather(labels_file(folder), folder / "probs.npz")
    intake.create(_settings(Settings, folder), "bench", inputs)


def reopen_sparse(folder: Path) -> None:
    """Open the project: its data is there, nothing is computed."""
    from labelreview.desk import folder as project_folder

    opened = project_folder.read(folder / "home" / "projects", "bench")
    assert opened.dataset.grid.sparse
    assert opened.dataset.at(int(opened.dataset.grid.cells(slice(-1, None))[0]))


def first_questions(folder: Path) -> None:
    """Scores, suspects and the first 50 questions."""
    from labelreview.desk.project import Project
    from labelreview.review.worklist import Filters
    from labelreview.settings import Settings

    with Project.open(_settings(Settings, folder), "bench") as project:
        project.prepare()
        assert len(project.queue("ann", "holder-of-ann", Filters(suspects=True), 50).questions) == 50


def pandas_merge(folder: Path) -> None:
    """pandas.read_csv of the labels, the scipy matrix as rows, merged by id and tag."""
    import numpy as np
    import pandas as pd
    import scipy.sparse

    labels = pd.read_csv(labels_file(folder))
    if "tags" in labels:
        labels = labels.assign(tag=labels.pop("tags").str.split(";")).explode("tag").dropna()
        labels["value"] = np.int8(1)
    else:
        labels = labels.rename(columns={"ImageID": "id", "LabelName": "tag"})
    found = scipy.sparse.load_npz(folder / "probs.npz").tocoo()
    ids, tags = (np.array((folder / f"probs.{what}.txt").read_text().split(), object) for what in ("ids", "tags"))
    probs = pd.DataFrame({"id": ids[found.row], "tag": tags[found.col], "prob": found.data})
    both = labels.merge(probs, how="outer", on=["id", "tag"])
    np.save(folder / "pandas_probs.npy", both["prob"].to_numpy(np.float32))


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
    "scores, kept for all": prepare,
    "in a running server": in_server,
    "new labels: a second version": new_labels,
    "pandas: read and join": pandas_join,
    "pandas: read, change, to_csv": pandas_export,
}


SPARSE: dict[str, Callable[[Path], None]] = {
    "imports alone": empty,
    "files to a sparse project": to_sparse_project,
    "the project opened anew": reopen_sparse,
    "scores and 50 questions": first_questions,
    "export, 10,000 changes": export,
    "pandas: read and merge": pandas_merge,
}


def _settings(settings: type, folder: Path) -> object:
    home = folder / "home"
    return settings(home=home, database_url=f"sqlite:///{home / 'decisions.db'}")


def run_one(name: str, folder: Path) -> None:
    """In the child: run, then print seconds and peak memory in MB."""
    import pandas  # noqa: F401  imports are no part of the time; both sides have all of them

    import labelreview.desk.intake  # noqa: F401

    WAITS.begin()
    start, worked = time.perf_counter(), time.process_time()
    (CONTENDERS | SPARSE)[name](folder)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    print("took", seconds, worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if WAITS.words:
        print("waits", WAITS.words, WAITS.longest, WAITS.of_cpu)


def measure(items: int, tags: int, *, celeba: bool) -> None:
    kind = "celeba" if celeba else "wide"
    _measure(items, tags, kind, f"predictions {items * tags * 4 / 1e6:.0f} MB .npy", CONTENDERS)


def measure_sparse(items: int, tags: int, *, listed: bool) -> None:
    what = f"{items * SCORED:,} cells scored; dense would be {items * tags * 5 / 1e9:,.1f} GB"
    _measure(items, tags, "lists" if listed else "rows", what, SPARSE)


def _measure(items: int, tags: int, kind: str, what: str, contenders: dict[str, Callable[[Path], None]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # in a process of its own: a child's peak begins with that of the process that starts it
        subprocess.run([sys.executable, __file__, "--make", f"{items}x{tags}x{kind}", "--folder", scratch], check=True)
        size = labels_file(folder).stat().st_size / 1e6
        print(f"\n{items:,} × {tags:,}: labels {size:.0f} MB of text, {what}")
        print(f"{'':<30} {'seconds':>8} {'of CPU':>8} {'peak MB':>8}")
        for name in contenders:
            command = [sys.executable, __file__, "--one", name, "--folder", scratch]
            done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
            if done.returncode:
                print(f"{name:<30} failed: {(done.stderr.strip().splitlines() or ['killed'])[-1]}", flush=True)
                continue
            print(f"{name:<30} {_told(done.stdout)}", flush=True)


def _told(lines: str) -> str:
    """What a child printed, as the columns of a row and a remark."""
    said = {line.split()[0]: list(map(float, line.split()[1:])) for line in lines.splitlines()}
    seconds, worked, peak = said["took"]
    if "server" in said:
        seconds, worked, peak, grown, own = said["server"]
        row = f"{seconds:>8.2f} {worked:>8.2f} {peak:>8.0f}"
        return f"{row}  {grown:.0f} MB more than without the project, of which {own:.0f} are no pages of mapped files"
    row = f"{seconds:>8.2f} {worked:>8.2f} {peak:>8.0f}"
    if "waits" not in said:
        return row
    words, longest, of_cpu = said["waits"]
    return f"{row}  {words:.0f} words, at most {longest:.2f} s between two ({of_cpu:.2f} of CPU)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--shape")
    parser.add_argument("--sparse", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_one(options.one, options.folder)
    elif options.make:
        items, tags, kind = options.make.split("x")
        if kind in ("lists", "rows"):
            make_sparse(options.folder, int(items), int(tags), listed=kind == "lists")
        else:
            make(options.folder, int(items), int(tags), celeba=kind == "celeba")
    elif options.sparse:
        measure_sparse(57_000, 4_300, listed=True)
        if options.large:
            measure_sparse(1_700_000, 20_000, listed=False)
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
