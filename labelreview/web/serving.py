"""Starting the app from the command line, from a clone and from an installed wheel alike."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool

from labelreview import intake
from labelreview.errors import NotFound, Refused
from labelreview.settings import Settings
from labelreview.web.session import screens

MAIN = Path(__file__).resolve().parent / "main.py"


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Before the first page: where there is no project yet, a newcomer finds the demo."""
    await run_in_threadpool(_ensure_demo)
    yield


def _ensure_demo() -> None:
    with suppress(Refused):  # another process, started at the same moment, was first
        intake.ensure_demo(Settings.from_environment(), screens().parent / "data" / "demo")


def run(*, address: str, port: int) -> None:
    """Become `streamlit run app.py` at an address; does not come back."""
    door = screens().parent / "app.py"
    if not door.exists():
        raise NotFound(f"{door} is missing. Install labelreview again.")
    arguments = ["-m", "streamlit", "run", str(door), "--server.address", address, "--server.port", str(port)]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  no shell, and the arguments are ours
