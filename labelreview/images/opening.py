"""Pictures opened safely, whatever they are: upright, in eight bits, in sRGB; and the smaller ones that browsers get.

A picture that cannot be shown is an InputError that says why. `size` is the longest side in pixels.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from labelreview.errors import InputError
from labelreview.images import colours, dicom
from labelreview.images.source import Original, unreadable

WEB_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
WEB_MODES = ("RGB", "RGBA", "L", "LA", "P", "1")
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


def problem(original: Original) -> str:
    """Why a picture cannot be shown, judged by its header and checksums; '' when all is well."""
    try:
        with _opened(original) as image:
            image.verify()
    except InputError as error:
        return str(error)
    return ""


def made(original: Original, size: int) -> tuple[Picture, bool]:
    """The picture at most `size` wide and high, upright, and whether that was work worth keeping.

    A small file of a web format goes out as it is, unless browsers would show it otherwise than we do.
    """
    whole = as_it_is(original, size)
    if whole is not None:
        return whole, False
    with _opened(original) as image:
        # Before turning: JPEGs decode at reduced size. A gap of 1.5 lets 12 megapixels decode at half their width.
        image.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=1.5)
        return _encoded(_upright(image)), True


def as_it_is(original: Original, size: int) -> Picture | None:
    """A small picture that browsers show as it is, in a few milliseconds; None where there is something to do."""
    if isinstance(original.content, Path) and not original.content.is_file():
        return None  # gone, or a pipe, which would never end: for those who can be ended
    with _in_plain_words(original.name):
        if original.size > SMALL_FILE or dicom.is_dicom(original):
            return None
        data = original.read()
    with _opened(Original(original.name, data)) as image:
        if not _goes_as_it_is(image, size):
            return None
        image.load()  # a truncated file is to be a message, not half a picture
        return Picture(data, WEB_TYPES[str(image.format)])


def open_image(original: Original) -> Image.Image:
    """The picture, decoded and turned upright, in mode RGB or RGBA."""
    with _opened(original) as image:
        return _upright(image)


def fingerprint(original: Original) -> int:
    """A 64-bit difference hash: pictures that look alike differ in few bits. InputError when it cannot be shown.

    Each bit says whether a point is brighter than its right neighbour in the picture shrunk to 9 × 8 grey points.
    """
    with _opened(original) as image:
        if image.mode in ("RGB", "L"):
            image.draft("L", (32, 32))
        if image.mode not in WEB_MODES:
            image = colours.standard(image)
        ground = Image.new("L", image.size, 255)  # transparent drawings are made for paper
        grey = image.convert("LA") if image.has_transparency_data else image.convert("L")
        ground.paste(grey.convert("L"), mask=grey.getchannel("A") if grey.mode == "LA" else None)
        points = np.asarray(ground.resize((9, 8), Image.Resampling.BOX), np.int16)
    return int.from_bytes(np.packbits(points[:, 1:] > points[:, :-1]).tobytes())


def pixels(original: Original, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The whole picture at width × height, (height, width, 3) RGB on white; proportions give way to the frame."""
    with _opened(original) as image:
        image.draft("RGB", (width, height))  # JPEGs decode at reduced size
        upright = _upright(image)
        if upright.mode == "RGBA":
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
        return np.asarray(upright.convert("RGB").resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0))


def _goes_as_it_is(image: Image.Image, size: int) -> bool:
    plain = image.format in WEB_TYPES and image.mode in WEB_MODES and not getattr(image, "is_animated", False)
    upright = image.getexif().get(ORIENTATION, 1) == 1
    return plain and upright and max(image.size) <= size


def _upright(image: Image.Image) -> Image.Image:
    return colours.standard(ImageOps.exif_transpose(image), is_negative=colours.is_negative(image))


def _encoded(image: Image.Image) -> Picture:
    buffer = BytesIO()
    if image.mode == "RGBA":
        image.save(buffer, "WEBP", quality=88, method=2)
        return Picture(buffer.getvalue(), "image/webp")
    image.save(buffer, "JPEG", quality=88, optimize=False)
    return Picture(buffer.getvalue(), "image/jpeg")


@contextmanager
def _opened(original: Original) -> Iterator[Image.Image]:
    with _in_plain_words(original.name), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MOST_PIXELS is the limit, below
        if dicom.is_dicom(original):
            yield dicom.first_frame(original, MOST_PIXELS)
            return
        content = BytesIO(original.content) if isinstance(original.content, bytes) else original.content
        with Image.open(content, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise unreadable(original.name, f"is too large ({image.width} x {image.height} pixels)")
            yield image


@contextmanager
def _in_plain_words(name: str) -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        raise unreadable(name, "is not an image of a known format") from None
    except (FileNotFoundError, NotADirectoryError):
        raise unreadable(name, "is not there any more") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(name, f"cannot be read ({error.strerror})") from None
        raise unreadable(name, f"is damaged ({error})") from None
