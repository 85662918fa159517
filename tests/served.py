"""The app as a process of its own, for tests and benchmarks of what only a real server shows."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from labelreview.settings import Settings
from tests.warm import Forked, forked

ROOT = Path(__file__).parents[1]


class Server:
    """`streamlit run app.py` over a home, on a loopback port that stays the same when it is started again."""

    def __init__(self, settings: Settings, log: Path, *, warm: bool = False, **environment: str) -> None:
        """`environment`: variables that this server has and the tests do not; `warm`: forked with its imports done."""
        self.settings, self.log, self.environment, self.warm = settings, log, environment, warm
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | Forked | None = None

    def start(self, script: str = "app.py") -> None:
        ours = {"LABELREVIEW_HOME": str(self.settings.home), "LABELREVIEW_DATABASE_URL": self.settings.database_url}
        environment = {**os.environ, **ours, "PYTHONPATH": str(ROOT), **self.environment}
        arguments = ["run", str(ROOT / script), "--server.port", str(self.port)]
        if self.warm:
            self.process = forked(arguments, environment, self.log.parent, self.log)
        else:
            command = [sys.executable, "-m", "streamlit", *arguments]
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(command, cwd=self.log.parent, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9: no goodbye, nothing flushed."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def lets_in(self) -> bool:
        """Whether a new connection is taken."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=5).close()
        except OSError:
            return False
        return True
