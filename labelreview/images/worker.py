"""A process that makes small pictures: `python -m labelreview.images.worker`, asked by `workers.py` through its pipes.

A question is one line of JSON and, unless it names a file, the picture's bytes; so is the answer. It is a process of
its own so that a picture that crashes or stalls the decoder takes nothing else with it, and so that decoding does not
share the server's interpreter lock.
"""

import json
import os
import signal
import traceback
import warnings
from pathlib import Path
from typing import IO, Any

from labelreview.errors import LabelReviewError
from labelreview.images import opening
from labelreview.images.cache import Cache
from labelreview.images.source import Original


def main() -> None:
    """Answer until the pipe closes, which it does when the asker ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the asker, whose end closes the pipe
    warnings.simplefilter("ignore")
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get among the answers
    caches: dict[tuple[str, int], Cache] = {}
    while line := questions.readline():
        asked = json.loads(line)
        where = (asked["cache"], asked["limit"])
        cache = caches.setdefault(where, Cache(Path(where[0]), where[1]))
        _send(answers, *_answer(asked, questions, cache))
        cache.trim()


def _answer(asked: dict[str, Any], questions: IO[bytes], cache: Cache) -> tuple[dict[str, Any], bytes]:
    content = Path(asked["path"]) if asked["path"] else questions.read(asked["length"])
    try:
        picture, is_kept = opening.made(Original(asked["name"], content), asked["size"])
    except LabelReviewError as error:
        return {"problem": str(error)}, b""
    except Exception:
        return {"bug": traceback.format_exc()}, b""
    if is_kept:
        cache.put(asked["key"], picture)
    return {"type": picture.media_type}, picture.data


def _send(pipe: IO[bytes], head: dict[str, Any], data: bytes) -> None:
    pipe.write(json.dumps({**head, "length": len(data)}).encode() + b"\n" + data)
    pipe.flush()


if __name__ == "__main__":
    main()
