"""For who runs the app: is it alive, can it take answers, how busy is it.

These answer anybody, since probes carry no token, and say nothing of people or data. A proxy keeps them inside
(docs/deploy.md).
"""

import asyncio
import os
import tempfile
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from labelreview import store
from labelreview.errors import StoreError
from labelreview.settings import Settings
from labelreview.web import observing

PATIENCE = 5.0  # seconds that a probe waits for the database or the disk
PAGE = b"labelreview" * 400  # more than one block


def routes(settings: Settings) -> list[Route]:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        checks = {"database": lambda: store.check(settings.database_url), "disk": lambda: _write(settings)}
        found = dict(zip(checks, await asyncio.gather(*map(_checked, checks.values())), strict=True))
        ready = all(said == "ok" for said in found.values())
        return JSONResponse({"ready": ready, **found}, 200 if ready else 503, {"Cache-Control": "no-store"})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(observing.REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route(f"/{each.__name__}", each, methods=["GET"]) for each in (healthz, readyz, metrics)]


async def _checked(check: Callable[[], None]) -> str:
    try:
        await asyncio.wait_for(run_in_threadpool(check), PATIENCE)
    except TimeoutError:
        return f"no answer in {PATIENCE:g} s"
    except StoreError as error:
        observing.refused(error)
        return "not to be reached"
    except OSError:
        return "not to be written"
    return "ok"


def _write(settings: Settings) -> None:
    with tempfile.TemporaryFile(dir=settings.home) as file:
        file.write(PAGE)
        file.flush()
        os.fsync(file.fileno())
