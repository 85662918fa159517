"""What a browser may fetch before it knows that it needs it.

A page with charts needs plotly, by far the largest file of all, and Streamlit's page asks for it only once the first
chart has come. Named in a header of the page, it is fetched and compiled while the server still computes.
"""

from functools import lru_cache
from pathlib import Path

import streamlit as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(st.__file__).parent / "static" / "static" / "js"
PAGES = ("", "triage")  # with a chart in the first window


@lru_cache
def hints() -> bytes:
    """The header's value; empty where this version of Streamlit has no such file."""
    return ", ".join(
        f"<./static/js/{file.name}>; rel=modulepreload" for file in sorted(STATIC.glob("PlotlyChart.*.js"))
    ).encode()


class Early:
    """Middleware that names files in a header of pages with charts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rpartition("/")[2] not in PAGES or not hints():
            await self._app(scope, receive, send)
            return

        async def hinting(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                message = {**message, "headers": [*message["headers"], (b"link", hints())]}
            await send(message)

        await self._app(scope, receive, hinting)


def _is_page(message: Message) -> bool:
    kind = next((value for name, value in message["headers"] if name.lower() == b"content-type"), b"")
    return message["status"] == 200 and bytes(kind).startswith(b"text/html")
