"""Starting the app from the command line, from a clone and from an installed wheel alike."""

import os
import sys

from labelreview.errors import NotFound
from labelreview.web.session import screens


def run(*, address: str, port: int) -> None:
    """Become `streamlit run app.py` at an address; does not come back."""
    door = screens().parent / "app.py"
    if not door.exists():
        raise NotFound(f"{door} is missing. Install labelreview again.")
    arguments = ["-m", "streamlit", "run", str(door), "--server.address", address, "--server.port", str(port)]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  no shell, and the arguments are ours
