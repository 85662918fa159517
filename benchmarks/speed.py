"""Time and memory of ours, cleanlab and the bandwidth bound, each in a process of its own.

    python benchmarks/speed.py                     # 202,599 × 40
    python benchmarks/speed.py --rows 1000000 --tags 80 --skip cleanlab_issues_default

Inputs are memory-mapped. "MB" is the highest anonymous memory (resident minus shared) above that before the call,
sampled every 5 ms; "cpu" are the processor seconds of the process (not of those that it forks), which other work on
the machine disturbs less. For cleanlab the conversion of the matrix into lists is outside the clock and inside the
memory.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np

CONTENDERS = [
    "bandwidth bound",
    "ours cells self_confidence",
    "ours items ema",
    "cleanlab items ema",
    "ours issues",
    "cleanlab issues",
    "cleanlab_issues_default",
    "ours recipe",
    "ours error_log_odds",
    "ours re-rank",
]


def made(rows: int, tags: int) -> tuple[Path, Path]:
    """A set of that size: 3 % of the labels wrong, a model that is mostly right."""
    from paper_data import CACHE

    CACHE.mkdir(parents=True, exist_ok=True)
    paths = CACHE / f"speed-labels-{rows}-{tags}.npy", CACHE / f"speed-probs-{rows}-{tags}.npy"
    if not all(path.exists() for path in paths):
        rng = np.random.default_rng(0)
        labels = np.lib.format.open_memmap(paths[0], "w+", np.int8, (rows, tags))
        probs = np.lib.format.open_memmap(paths[1], "w+", np.float32, (rows, tags))
        often = rng.uniform(0.02, 0.5, tags)
        for at in range(0, rows, 50_000):
            truth = rng.random((min(50_000, rows - at), tags)) < often
            labels[at : at + 50_000] = truth ^ (rng.random(truth.shape) < 0.03)
            odds = np.where(truth, 1.5, -1.5) + rng.normal(0, 1.5, truth.shape)
            probs[at : at + 50_000] = 1 / (1 + np.exp(-odds))
    return paths


def anonymous() -> int:
    """Resident minus shared, in bytes."""
    _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def prepared(name: str, labels: np.ndarray, probs: np.ndarray):
    """The call to time, after imports and preparation."""
    from labelreview import scoring
    from labelreview.scoring import rerank

    if name.startswith("cleanlab"):
        from cleanlab.internal.multilabel_utils import onehot2int
        from cleanlab.multilabel_classification import filter as theirs
        from cleanlab.multilabel_classification import rank

        lists, probs = onehot2int(labels), np.asarray(probs)
        jobs = {} if name == "cleanlab_issues_default" else {"n_jobs": 1}
        if name == "cleanlab items ema":
            return lambda: rank.get_label_quality_scores(lists, probs)
        return lambda: theirs.find_multilabel_issues_per_class(lists, probs, **jobs)
    if name == "ours re-rank":
        odds = scoring.error_log_odds(labels, probs)
        ahead = rerank.heads(labels, odds)
        cells = ahead.cells[2, :, :10].ravel()
        wrong = np.arange(len(cells)) % 3 > 0
        return lambda: rerank.front(ahead, rerank.learned(labels, odds, cells, wrong), answered=cells)
    return {
        "bandwidth bound": lambda: (labels.max(), probs.max()),
        "ours cells self_confidence": lambda: scoring.cell_scores(labels, probs, "self_confidence"),
        "ours items ema": lambda: scoring.item_scores(labels, probs, "ema"),
        "ours issues": lambda: scoring.find_label_issues(labels, probs),
        "ours recipe": lambda: scoring.cell_scores(labels, probs, "recipe"),
        "ours error_log_odds": lambda: scoring.error_log_odds(labels, probs),
    }[name]


def measured(name: str, paths: list[str], repeats: int) -> dict[str, float]:
    """Best time of some repeats, and the peak over all of them."""
    warnings.simplefilter("ignore")
    labels, probs = (np.load(path, mmap_mode="r") for path in paths)
    labels.max(), probs.max()
    before = anonymous()
    call = prepared(name, labels, probs)
    before = before if name.startswith("cleanlab") else anonymous()
    peak, over = before, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.is_set():
            peak = max(peak, anonymous())
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    times, busy = [], []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        call()
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - cpu)
    over.set()
    watcher.join()
    return {"seconds": min(times), "cpu": min(busy), "mb": (peak - before) / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=202_599)
    parser.add_argument("--tags", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip", default="")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    paths = [str(path) for path in made(options.rows, options.tags)]
    if options.one:
        print(json.dumps(measured(options.one, paths, options.repeats)))
        return
    print(f"{options.rows:,} × {options.tags}: best of {options.repeats} (cleanlab: of 1), on {os.cpu_count()} cores")
    print(f"  {'':28} {'seconds':>9} {'cpu':>9} {'MB':>7}")
    for name in CONTENDERS:
        if name in options.skip.split(","):
            continue
        repeats = 1 if name.startswith("cleanlab") else options.repeats
        command = [sys.executable, __file__, "--rows", str(options.rows), "--tags", str(options.tags)]
        done = subprocess.run([*command, "--repeats", str(repeats), "--one", name], capture_output=True, text=True)
        if done.returncode:
            print(f"  {name:28} failed: {done.stderr.strip().splitlines()[-1][:80]}", flush=True)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        print(f"  {name:28} {found['seconds']:9.4f} {found['cpu']:9.4f} {found['mb']:7.0f}", flush=True)


if __name__ == "__main__":
    main()
