"""A process that has imported what the app imports, and forks a server of itself whenever one is asked for.

Every start imports for two seconds, and the browser tests start some eighty servers. A forked one is the same
`streamlit run`: its own process, environment, folder and log; only the imports are done.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Not labelreview.web: what registers its component with Streamlit has to be imported in the server.
IMPORTED = ("streamlit.web.cli", "streamlit.web.bootstrap", "streamlit.web.server.starlette", "uvicorn", "uvloop",
            "pandas", "pyarrow", "plotly.graph_objects", "plotly.io", "labelreview.desk.project",
            "labelreview.desk.whole", "labelreview.desk.triage", "labelreview.desk.versions")  # fmt: skip


class Forked:
    """One server, as `subprocess.Popen` would have it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None while it runs. Of how it ended nothing is known: it is not our child."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float = 60) -> int:
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("the server", seconds)
            time.sleep(0.01)
        return 0


@cache
def _parent() -> subprocess.Popen[str]:
    """One for each process that runs tests. It ends when its standard input does, which is with that process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.warm"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)


def forked(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> Forked:
    """`streamlit` with these arguments, in a folder, writing to a log."""
    parent = _parent()
    assert parent.stdin
    assert parent.stdout
    asked = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder), "log": str(log)}
    parent.stdin.write(json.dumps(asked) + "\n")
    parent.stdin.flush()
    return Forked(int(parent.stdout.readline()))


def _become(asked: Mapping[str, object]) -> None:
    from streamlit.web import cli

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    os.chdir(str(asked["folder"]))
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(str(asked["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    sys.argv = ["streamlit", *asked["arguments"]]  # type: ignore[misc]
    cli.main(asked["arguments"])


def main() -> None:
    for name in IMPORTED:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
