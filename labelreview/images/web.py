"""Pictures on the web, which cannot be listed: the id says where each is.

https://example.org/pictures/            the id follows: …/pictures/ID
https://example.org/{id}.jpg             the id takes the place of {id}
https://                                 the ids (or the names given beside) are URLs themselves
"""

import io
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from labelreview.errors import InputError, Refused
from labelreview.images import addresses
from labelreview.images.names import is_inside
from labelreview.images.source import LARGEST, Original, Source, digest, unreadable

SCHEMES = ("http://", "https://")
PLACE = "{id}"
PAUSE, FAILURES = 20.0, 4  # seconds without asking, after so many failures one after the other
RANGE = 1 << 18
MEANINGS = {404: "is not there", 410: "is not there any more", 401: "may not be read", 403: "may not be read"}


class Web(Source):
    """Pictures by URL. A host that does not answer is not asked again for a while, so that nobody waits for each."""

    remote = True

    def __init__(self, where: str, *, private: bool = False, seconds: float = addresses.SECONDS) -> None:
        super().__init__(where)
        self.private, self.seconds = private, seconds
        self._pauses = Pauses()
        if where not in SCHEMES:
            parts = addresses.checked(where.replace(PLACE, "id"))
            if PLACE in parts.netloc or PLACE in (urlsplit(where).netloc):
                raise InputError(f"{where}: {PLACE} may not be part of the host's name.")

    def names(self) -> Iterator[str]:
        raise InputError(f"{self.where} cannot be listed. Give a folder, an archive or a store (s3://, gs://).")

    def found(self, ids: Sequence[str]) -> list[str]:
        """The ids themselves, where they make a URL."""
        return [item if is_url(item) or (self.where not in SCHEMES and is_inside(item)) else "" for item in ids]

    def url(self, name: str) -> str:
        """Where a picture is."""
        if is_url(name):
            return name
        if self.where in SCHEMES or not is_inside(name):
            raise Refused(f"'{name[:200]}' is no name below {self.where}.")
        part = quote(name, safe="/")
        return self.where.replace(PLACE, part) if PLACE in self.where else f"{self.where.rstrip('/')}/{part}"

    def version(self, name: str) -> str:
        return digest(self.where, name)

    def original(self, name: str) -> Original:
        url = self.url(name)
        host = urlsplit(url).netloc
        self._pauses.check(host, name)
        try:
            answer = addresses.fetched(url, private=self.private, largest=LARGEST, seconds=self.seconds)
        except addresses.Unreachable as error:
            self._pauses.failed(host)
            raise unreadable(name, str(error)) from None
        self._pauses.worked(host)
        if answer.status != 200:
            meaning = MEANINGS.get(answer.status, "cannot be fetched")
            raise unreadable(name, f"{meaning} ({host} says {answer.status})")
        return Original(name.rpartition("/")[2], answer.body)


class Listed(Web):
    """Pictures whose URLs are given by id, such as in a column of a table."""

    def __init__(self, urls: Mapping[str, str], *, private: bool = False) -> None:
        super().__init__(SCHEMES[1], private=private)
        self._urls = urls

    def found(self, ids: Sequence[str]) -> list[str]:
        return super().found([self._urls.get(item, "") for item in ids])


def is_url(text: str) -> bool:
    return text.startswith(SCHEMES)


class Pauses:
    """Which hosts failed several times running and are left alone for a while."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def check(self, host: str, name: str) -> None:
        count, since = self._failed.get(host, (0, 0.0))
        if count >= FAILURES and time.monotonic() - since < PAUSE:
            raise unreadable(name, f"cannot be fetched: {host} did not answer {count} times and is left alone for "
                                   f"{PAUSE:.0f} seconds")  # fmt: skip

    def failed(self, host: str) -> None:
        with self._lock:
            self._failed[host] = (self._failed.get(host, (0, 0.0))[0] + 1, time.monotonic())

    def worked(self, host: str) -> None:
        self._failed.pop(host, None)


class Ranges(io.RawIOBase):
    """A file on the web in which one can seek, read by ranges: an archive without fetching it whole."""

    def __init__(self, url: str, *, private: bool, seconds: float = addresses.SECONDS) -> None:
        self._url, self._private, self._seconds, self._at = url, private, seconds, 0
        answer = self._fetch(0, 1)
        total = answer.headers.get("content-range", "").rpartition("/")[2]
        if answer.status != 206 or not total.isdigit():
            raise InputError(f"{url} cannot be read in place: its server does not give parts of a file (it says "
                             f"{answer.status}). Download the archive and give the file.")  # fmt: skip
        self.size = int(total)
        self.stamp = digest(self.size, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))

    def _fetch(self, start: int, length: int) -> addresses.Answer:
        wanted = {"Range": f"bytes={start}-{start + length - 1}"}
        try:
            return addresses.fetched(
                self._url, private=self._private, largest=length + RANGE, seconds=self._seconds, headers=wanted
            )
        except addresses.Unreachable as error:
            raise OSError(str(error)) from None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self.size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self.size - self._at)
        if length <= 0:
            return 0
        answer = self._fetch(self._at, length)
        if answer.status != 206 or len(answer.body) != length:
            raise OSError(f"the server gave another part than was asked for ({answer.status})")
        buffer[:length] = answer.body
        self._at += length
        return length
