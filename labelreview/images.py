"""Images from disk, opened safely, and the smaller pictures that browsers get.

Files are the user's: they are only read, and only from inside the project's image folder (links that lead out are
refused). A file that cannot be shown is an InputError that says why. `size` is the longest side in pixels.
"""

import hashlib
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from labelreview.errors import InputError, Refused

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".ppm", ".pgm")
WEB_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
# Fewer formats, fewer parsers to attack: PIL would otherwise also try PostScript, fonts and forty others.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
MOST_PIXELS = 200_000_000  # a 200-megapixel scan is honest work; a "decompression bomb" is not
SMALL_FILE = 512 * 1024
ORIENTATION = 0x0112


@dataclass(frozen=True)
class Picture:
    """Bytes that every browser shows."""

    data: bytes
    media_type: str


def find_images(folder: Path, ids: Iterable[str]) -> list[str]:
    """For each id the path of its image, relative to the folder; '' where there is none.

    An id is a path inside the folder, with or without suffix, or a file name (with or without suffix) that is unique
    below the folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Name the folder that holds the images.")
    return matched(image_files(folder), ids)


def image_files(folder: Path) -> Iterator[str]:
    """The images below a folder, by name, relative to it; hidden ones are left out."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(parent, name).relative_to(folder).as_posix()


def matched(files: Iterable[str], ids: Iterable[str]) -> list[str]:
    """For each id the one of the files that it means; '' where there is none."""
    paths: dict[str, str] = {}
    names: dict[str, str] = {}
    for relative in files:
        _, _, name = relative.rpartition("/")
        for known, key in ((paths, relative), (paths, _stem(relative)), (names, name), (names, _stem(name))):
            known[key] = relative if known.get(key, relative) == relative else _preferred(known, key, relative)
    return [paths.get(item) or names.get(item, "") for item in ids]


def inside(folder: Path, relative: str) -> Path:
    """The file at a relative path; Refused when it, or a link on the way, leads out of the folder."""
    root = folder.resolve()
    target = root if "\0" in relative else (root / relative).resolve()
    if not target.is_relative_to(root) or target == root:
        raise Refused(f"'{relative[:200]}' is not inside the image folder.")
    return target


def problem(path: Path) -> str:
    """Why an image cannot be shown, judged by its header and checksums; '' when all is well."""
    try:
        with _opened(path) as image:
            image.verify()
    except InputError as error:
        return str(error)
    return ""


def version(path: Path) -> str:
    """A short text that changes when the file does; InputError when it cannot be read."""
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, f"cannot be read ({error.strerror})") from None
    return hashlib.sha256(f"{status.st_mtime_ns} {status.st_size}".encode()).hexdigest()[:12]


def picture(path: Path, size: int, cache: Path) -> Picture:
    """The image at most `size` wide and high, upright. A small file of a web format goes out as it is.

    Smaller pictures are kept in `cache`, named by what the file was when they were made.
    """
    stamp = hashlib.sha256(f"{path}\0{version(path)}\0{size}".encode()).hexdigest()[:40]
    for suffix, media_type in ((".jpg", "image/jpeg"), (".webp", "image/webp")):
        try:
            return Picture((cache / stamp[:2] / f"{stamp}{suffix}").read_bytes(), media_type)
        except OSError:
            continue
    made, kept = _made(path, size)
    if kept:
        suffix = ".jpg" if made.media_type == "image/jpeg" else ".webp"
        _keep(cache / stamp[:2] / f"{stamp}{suffix}", made.data)
    return made


def open_image(path: Path) -> Image.Image:
    """The image, decoded and turned upright, in mode RGB or RGBA."""
    with _opened(path) as image:
        return _upright(image)


def fingerprint(path: Path) -> int:
    """A 64-bit difference hash: pictures that look alike differ in few bits. InputError when it cannot be shown.

    Each bit says whether a point is brighter than its right neighbour in the picture shrunk to 9 × 8 grey points.
    """
    with _opened(path) as image:
        image.draft("L", (32, 32))
        ground = Image.new("L", image.size, 255)  # transparent drawings are made for paper
        grey = image.convert("LA") if image.has_transparency_data else image.convert("L")
        ground.paste(grey.convert("L"), mask=grey.getchannel("A") if grey.mode == "LA" else None)
        points = np.asarray(ground.resize((9, 8), Image.Resampling.BOX), np.int16)
    return int.from_bytes(np.packbits(points[:, 1:] > points[:, :-1]).tobytes())


def pixels(path: Path, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The whole image at width × height, (height, width, 3) RGB on white; proportions give way to the frame."""
    with _opened(path) as image:
        image.draft("RGB", (width, height))  # JPEGs decode at reduced size
        upright = _upright(image)
        if upright.mode == "RGBA":
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
        return np.asarray(upright.convert("RGB").resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0))


def _made(path: Path, size: int) -> tuple[Picture, bool]:
    with _opened(path) as image:
        media_type = WEB_TYPES.get(image.format or "", "")
        upright = image.getexif().get(ORIENTATION, 1) == 1
        if media_type and upright and max(image.size) <= size and path.stat().st_size <= SMALL_FILE:
            image.load()  # a truncated file is to be a message, not half a picture
            return Picture(path.read_bytes(), media_type), False
        image.thumbnail((size, size), Image.Resampling.LANCZOS)  # before turning: JPEGs decode at reduced size
        return _encoded(_upright(image)), True


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        turned = _eight_bits(turned)
    return turned.convert("RGBA" if turned.has_transparency_data else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep grey (scans, medical pictures) stretched over what is there, since eight bits cannot hold it all."""
    deep = np.asarray(image, np.float32)
    low, high = float(np.nanmin(deep)), float(np.nanmax(deep))
    scale = 255 / (high - low) if high > low else 0.0
    return Image.fromarray(np.nan_to_num((deep - low) * scale).astype(np.uint8))


def _encoded(image: Image.Image) -> Picture:
    buffer = BytesIO()
    if image.mode == "RGBA":
        image.save(buffer, "WEBP", quality=88, method=2)
        return Picture(buffer.getvalue(), "image/webp")
    image.save(buffer, "JPEG", quality=88, optimize=False)
    return Picture(buffer.getvalue(), "image/jpeg")


def _keep(target: Path, data: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(target)
    except OSError:
        return  # a full disk makes pictures slower, not impossible


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MOST_PIXELS is the limit, below
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _unreadable(path, f"is too large ({image.width} x {image.height} pixels)")
                yield image
    except UnidentifiedImageError:
        raise _unreadable(path, "is not an image of a known format") from None
    except FileNotFoundError:
        raise _unreadable(path, "is not there any more") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(path, f"is damaged ({error})") from None


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"Image '{path.name}' {why}.")


def _stem(name: str) -> str:
    return name[: -len(suffix)] if (suffix := Path(name).suffix) else name


def _preferred(known: dict[str, str], key: str, relative: str) -> str:
    """Two files for one key: of the same path but suffix the first one, otherwise none, since it would be a guess."""
    return known[key] if _stem(known[key]) == _stem(relative) else ""
