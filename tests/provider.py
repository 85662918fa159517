"""A small provider of OpenID Connect on this machine: metadata, keys, a page to choose who one is, tokens, signing out.

It does what the standard asks of a provider with the authorization code flow and PKCE, and signs by RS256.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "labelreview", "what-only-the-client-knows"


class Provider:
    """`people` may sign in; `unverified` are those whose address it does not vouch for. `url` is the issuer."""

    def __init__(self, people: Sequence[str], unverified: Sequence[str] = ()) -> None:
        self.people, self.unverified, self.url = people, unverified, ""
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.signed_out: list[str] = []

    def metadata(self) -> dict[str, Any]:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
                "end_session_endpoint": "end"}  # fmt: skip
        return {
            "issuer": self.url,
            **{name: f"{self.url}/{path}" for name, path in ends.items()},
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def code(self, asked: Mapping[str, str], person: str) -> str:
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "person": person}
        return code

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """What a code is good for, once; None where something does not fit."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not asked or asked.get("code_challenge") != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        now, person = int(time.time()), asked["person"]
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": f"sub-of-{person}", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "email": person, "email_verified": person not in self.unverified,
            "sid": secrets.token_urlsafe(8),
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300, "id_token": token}


@contextmanager
def providing(people: Sequence[str], unverified: Sequence[str] = ()) -> Iterator[Provider]:  # noqa: C901
    """A provider that runs as long as the block."""
    provider = Provider(people, unverified)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, _flat(urlsplit(self.path).query)
            if path == "/.well-known/openid-configuration":
                self._json(provider.metadata())
            elif path == "/keys":
                self._json({"keys": [provider.key.as_dict(private=False)]})
            elif path == "/authorize":
                self._html(_choice(provider, asked))
            elif path == "/chosen":
                code = provider.code(asked, asked.pop("person"))
                back = {"code": code, "state": asked["state"]}
                self._go(f"{asked['redirect_uri']}?{urlencode(back)}")
            elif path == "/end":
                provider.signed_out.append(asked.get("client_id", ""))
                self._go(asked["post_logout_redirect_uri"])
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            known = base64.b64decode(given).decode() == f"{CLIENT}:{SECRET}" if given else False
            tokens = provider.tokens(form) if known or form.get("client_secret") == SECRET else None
            self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

        def _json(self, shape: Mapping[str, Any], status: int = 200) -> None:
            self._send(json.dumps(shape).encode(), "application/json", status)

        def _html(self, text: str) -> None:
            self._send(text.encode(), "text/html; charset=utf-8", 200)

        def _send(self, data: bytes, media: str, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _go(self, address: str) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def _choice(provider: Provider, asked: Mapping[str, str]) -> str:
    rows = (f'<p><a href="/chosen?{escape(urlencode({**asked, "person": person}))}">{escape(person)}</a>'
            for person in provider.people)  # fmt: skip
    return f"<!doctype html><title>Who are you?</title>{''.join(rows)}"


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
