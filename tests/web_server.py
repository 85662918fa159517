"""A small web server on this machine, for tests of what comes over the network: files, parts of files, and mischief."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Page = bytes | str | int | Callable[[BaseHTTPRequestHandler], None]


class Served:
    """`pages` by path: bytes are a file, a text is where to go instead, a number is a status, a function does as it
    likes. `asked` are the paths in order, `url` is where the server is."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages, self.asked, self.url = dict(pages), list[str](), ""


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[Served]:
    served = Served(pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            page = served.pages.get(self.path, 404)
            if callable(page):
                page(self)
            elif isinstance(page, int):
                self.send_error(page)
            elif isinstance(page, str):
                self.send_response(302)
                self.send_header("Location", page)
                self.end_headers()
            else:
                answer(self, page)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    """A file, or the part of it that is asked for."""
    wanted = handler.headers.get("Range", "")
    start, end = (int(part) for part in wanted.removeprefix("bytes=").split("-")) if wanted else (0, len(data) - 1)
    handler.send_response(206 if wanted else 200)
    handler.send_header("Content-Length", str(len(data[start : end + 1])))
    if wanted:
        handler.send_header("Content-Range", f"bytes {start}-{min(end, len(data) - 1)}/{len(data)}")
    handler.end_headers()
    handler.wfile.write(data[start : end + 1])


def silent(_handler: BaseHTTPRequestHandler) -> None:
    """Never an answer, while anybody waits."""
    time.sleep(3)


def trickling(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever, so that no single read is late."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(60):
        try:
            handler.wfile.write(b"x")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    """Half of what was promised."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x" * 500)
