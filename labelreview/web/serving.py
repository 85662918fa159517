"""Starting the app from the command line, from a clone and from an installed wheel alike."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Route

from labelreview.desk import intake, shelf
from labelreview.errors import NotFound, Refused
from labelreview.settings import Settings
from labelreview.web import auth, door, early, observing, operation
from labelreview.web import routes as review
from labelreview.web.session import screens

MAIN = Path(__file__).resolve().parent / "main.py"


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Before the first page: where there is no project yet, a newcomer finds the demo.

    On SIGTERM the server takes no new request, and comes to the end here once those in flight are answered. Leases
    stay: tabs live on and go to another process, with pictures at hand that nobody else may be asked about.
    """
    settings = Settings.from_environment()
    door.check_address(settings, st.get_option("server.address"))
    door.check_peers(settings, os.environ.get(door.BELIEVED))
    if settings.json_log:
        observing.log_as_json()
    await run_in_threadpool(_ensure_demo)
    await run_in_threadpool(shelf.sweep, Settings.from_environment().projects)
    observing.say("started")
    yield
    observing.say("stopped")


def routes() -> list[Route]:
    """All that is asked of the app by HTTP, but for Streamlit's own."""
    settings = Settings.from_environment()
    return [*operation.routes(settings), *review.routes(settings)]


def middleware() -> list[Middleware]:
    """What every request goes through, the first one first."""
    at_the_door = Middleware(door.Door, settings=Settings.from_environment())
    return [Middleware(observing.Observed), at_the_door, Middleware(early.Early)]


def secrets() -> dict[str, Any] | None:
    """What Streamlit's sign-in needs to know, from our settings; None where they name no provider."""
    settings = Settings.from_environment()
    if not settings.provider:
        return None
    provider = settings.provider
    return {
        "auth": {
            "redirect_uri": f"{provider.app_url}/oauth2callback",
            "cookie_secret": auth.derived(settings.home, "cookie of the sign-in"),
            "client_id": provider.client_id,
            "client_secret": provider.client_secret,
            "server_metadata_url": provider.url,
        }
    }


def _ensure_demo() -> None:
    with suppress(Refused):  # another process, started at the same moment, was first
        intake.ensure_demo(Settings.from_environment(), screens().parent / "data" / "demo")


def run(*, address: str, port: int) -> None:
    """Become `streamlit run app.py` at an address; does not come back."""
    door.check_address(Settings.from_environment(), address)
    app = screens().parent / "app.py"
    if not app.exists():
        raise NotFound(f"{app} is missing. Install labelreview again.")
    arguments = ["-m", "streamlit", "run", str(app), "--server.address", address, "--server.port", str(port)]
    os.environ.setdefault(door.BELIEVED, "")
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  no shell, and the arguments are ours
