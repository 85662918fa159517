"""Pictures in a store that fsspec knows: `s3://bucket/folder`, `gs://…`, `az://…`, `hf://…`, `memory://…`.

Listed once, when a project is made; afterwards only read. Credentials are those that the store's own library finds.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import cached_property
from typing import IO, Any

import fsspec

from labelreview.errors import InputError, Refused
from labelreview.images.addresses import ALLOW
from labelreview.images.names import is_inside, is_picture
from labelreview.images.source import LARGEST, READERS, Original, Source, digest, unreadable
from labelreview.images.web import Pauses

# Which package serves a store; its own hosts are public. '' is built in.
STORES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs",
          "hf": "huggingface_hub", "memory": ""}  # fmt: skip
# These name a host, which may be one inside a private network.
HOSTS = {"ftp": "", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol", "hdfs": "pyarrow",
         "webhdfs": "requests", "webdav": "webdav4"}  # fmt: skip
EXTRAS = {"s3fs": "labelreview[s3]", "gcsfs": "labelreview[gs]"}
SECONDS = 15.0


class Cloud(Source):
    """A folder in a store."""

    remote = True

    def __init__(self, where: str, *, private: bool = False, seconds: float = SECONDS) -> None:
        super().__init__(where)
        self.seconds, self._private = seconds, private
        self._pauses, self._free = Pauses(), threading.BoundedSemaphore(READERS)
        store_of(where, private)

    @cached_property
    def _root(self) -> tuple[Any, str]:
        store, root = opened_store(self.where, self._private)
        return store, root.rstrip("/")

    def names(self) -> Iterator[str]:
        store, root = self._root
        try:
            found = sorted(store.find(root))
        except Exception as error:  # each store has errors of its own
            raise InputError(f"{self.where} cannot be listed ({_said(error)}). Check the address and the rights to "
                             "list it.") from None  # fmt: skip
        below = (path[len(root) :].lstrip("/") for path in found)
        return (name for name in below if is_picture(name))

    def version(self, name: str) -> str:
        return digest(self.where, name)

    def original(self, name: str) -> Original:
        if not is_inside(name):
            raise Refused(f"'{name[:200]}' is no name below {self.where}.")
        return Original(name.rpartition("/")[2], self._in_time(name, lambda: self._read(name)))

    def _read(self, name: str) -> bytes:
        store, root = self._root
        data: bytes = store.cat_file(f"{root}/{name}", start=0, end=LARGEST + 1)
        if len(data) > LARGEST:
            raise unreadable(name, f"has more than {LARGEST:,} bytes, which are not fetched")
        return data

    def _in_time(self, name: str, read: Callable[[], bytes]) -> bytes:
        """What is read, or an error in bounded time: a store's library may wait for minutes."""
        self._pauses.check(self.where, name)
        try:
            data = in_time(read, self._free, self.seconds)
        except TimeoutError:
            self._pauses.failed(self.where)
            raise unreadable(name, f"did not come in {self.seconds:g} seconds from {self.where}") from None
        except FileNotFoundError:
            raise unreadable(name, f"is not in {self.where} any more") from None
        except InputError:
            raise
        except Exception as error:  # each store has errors of its own
            self._pauses.failed(self.where)
            raise unreadable(name, f"cannot be fetched from {self.where} ({_said(error)})") from None
        self._pauses.worked(self.where)
        return data


def in_time(read: Callable[[], bytes], free: threading.BoundedSemaphore, seconds: float) -> bytes:
    """What is read; TimeoutError after so many seconds. One that hangs keeps its place and holds up nobody's exit."""
    end = time.monotonic() + seconds
    if not free.acquire(timeout=seconds):
        raise TimeoutError
    future: Future[bytes] = Future()

    def run() -> None:
        try:
            future.set_result(read())
        except BaseException as error:
            future.set_exception(error)
        finally:
            free.release()

    threading.Thread(target=run, name="labelreview-store", daemon=True).start()
    return future.result(max(0.0, end - time.monotonic()))


def store_of(where: str, private: bool) -> str:
    """The kind of store that a URL names; Refused or InputError when it is not one to read from."""
    kind = where.partition("://")[0].lower()
    if kind in HOSTS and not private:
        raise Refused(f"{where}: {kind} may reach into a private network, which is not read. {ALLOW}")
    if kind not in STORES and kind not in HOSTS:
        raise Refused(f"{where}: pictures are not read from {kind}://. Give a folder, an archive, http(s):// or one of "
                      f"{', '.join(f'{name}://' for name in STORES if name != 'memory')}.")  # fmt: skip
    return kind


def opened_store(where: str, private: bool) -> tuple[Any, str]:
    """A store and the path in it; InputError names the package to install where it is missing."""
    kind = store_of(where, private)
    try:
        return fsspec.core.url_to_fs(where)  # type: ignore[no-any-return]
    except ImportError:
        package = (STORES | HOSTS)[kind]
        raise InputError(f"{kind}:// needs the package {package}. Install it: pip install "
                         f"'{EXTRAS.get(package, package)}'") from None  # fmt: skip
    except Exception as error:
        raise InputError(f"{where} cannot be opened ({_said(error)}).") from None


def opened_file(where: str, private: bool) -> tuple[Callable[[], IO[bytes]], str]:
    """How to open one file of a store, and a stamp that changes when it does."""
    store, path = opened_store(where, private)
    try:
        facts = store.info(path)
    except Exception as error:
        raise InputError(f"{where} cannot be read ({_said(error)}).") from None
    stamp = digest(*(facts.get(name, "") for name in ("size", "ETag", "etag", "mtime", "LastModified", "created")))
    return lambda: store.open(path, "rb"), stamp


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:200]
