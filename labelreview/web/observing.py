"""What an operator sees of the running app: figures for Prometheus, and one JSON object a line in the log.

Nobody is named in either: no reviewer, no id, no tag, no note, no token, no address. A request is known by its route
(`/api/projects/{name}/decisions`), an error by its kind and the place in the code, without its message, which may quote
what somebody sent. The exception is trouble with the database, whose message is ours and says what to do.
"""

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelreview.errors import LabelReviewError, StoreError

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUESTS = Counter("labelreview_requests", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram("labelreview_request_seconds", "Time to answer", ["route"], buckets=BUCKETS)
IN_FLIGHT = Gauge("labelreview_requests_in_flight", "Requests being answered")
STORED = Counter("labelreview_decisions_stored", "Decisions acknowledged: committed to the database")
TROUBLE = Counter("labelreview_store_troubles", "Times that the database could not be read or written")
QUIET = ("/healthz", "/readyz", "/metrics")  # asked every few seconds: counted, and not logged
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")

_log = logging.getLogger("labelreview")


class Observed:
    """Middleware that counts, times and logs every HTTP request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, noted)
        finally:
            IN_FLIGHT.dec()
            _note(scope, status, time.perf_counter() - began)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "") or "other"
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    if route not in QUIET:
        fields = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
        _log.info("request", extra={"fields": fields})


def refused(error: LabelReviewError) -> None:
    """A request was answered by an error: trouble with the database is the operator's business, the rest is not."""
    if isinstance(error, StoreError):
        TROUBLE.inc()
        _log.error("store", extra={"fields": {"error": str(error)}})


def say(event: str) -> None:
    """A line in the log: something happened to the app itself."""
    _log.info(event)


class Line(logging.Formatter):
    """A log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        shape: dict[str, object] = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        shape |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            shape["error"] = type(record.exc_info[1]).__name__
            frames = traceback.extract_tb(record.exc_info[2])
            shape["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
        return json.dumps(shape, ensure_ascii=False, default=str)


def log_as_json() -> None:
    """From now on every log line of this process is JSON, those of the libraries too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    for logger in (each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)):
        logger.handlers.clear()
        logger.propagate = True
    logging.root.handlers[:] = [handler]
    _log.setLevel(logging.INFO)


__all__ = ["REGISTRY", "STORED", "Observed", "log_as_json", "refused", "say"]
