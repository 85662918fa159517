"""A gateway on this machine that signs people in: it says in a header who they are, whatever the browser said itself.

It goes to the app from 127.0.0.2, so that the app can tell it from whoever comes past it.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HEADER = b"X-Forwarded-Email"


@contextmanager
def guarding(port: int, person: str) -> Iterator[str]:
    """The address of a gateway in front of the app at a port, for one person."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, port, person.encode()), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _serve(listener: socket.socket, port: int, person: bytes) -> None:
    while True:
        try:
            browser, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(browser, port, person), daemon=True).start()


def _carry(browser: socket.socket, port: int, person: bytes) -> None:
    """One request a connection, or one websocket: so that every request bears the header."""
    with browser, socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) as app:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (part := browser.recv(65536)):
                return
            head += part
        head, _, rest = head.partition(b"\r\n\r\n")
        dropped = [HEADER] if b"upgrade: websocket" in head.lower() else [HEADER, b"Connection"]
        for name in dropped:
            head = re.sub(rb"(?i)\r\n" + name + rb":[^\r]*", b"", head)
        kept = b"" if len(dropped) == 1 else b"\r\nConnection: close"
        app.sendall(head + b"\r\n" + HEADER + b": " + person + kept + b"\r\n\r\n" + rest)
        back = threading.Thread(target=_pour, args=(app, browser), daemon=True)
        back.start()
        _pour(browser, app)
        back.join()


def _pour(source: socket.socket, to: socket.socket) -> None:
    try:
        while part := source.recv(65536):
            to.sendall(part)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass
