"""The wheel of this tree, as `pip install` would get it, and the app started from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def built(out: Path) -> Path:
    """A wheel built into a folder. hatchling is pinned in the lock: no isolation, so that no network is needed."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def unpacked(wheel: Path, site: Path) -> Path:
    """A folder to put on PYTHONPATH: what pip would have written into site-packages."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site
