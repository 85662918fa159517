"""DICOM, where pydicom is installed: the first frame, as a viewer would show it at first.

Stored values × rescale slope + intercept, through the window of the file (PS3.3, C.11.2.1.2), or stretched over what is
there where it has none; MONOCHROME1 is a negative.
"""

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelreview.errors import InputError
from labelreview.images.source import Original, unreadable

SUFFIXES = (".dcm", ".dicom")
MARK, MARK_AT = b"DICM", 128
INSTALL = "is a DICOM file. To see it, install pydicom: pip install 'labelreview[dicom]'"


def is_dicom(original: Original) -> bool:
    """By its name or by its mark."""
    named = original.name.lower().endswith(SUFFIXES)
    return named or original.head(MARK_AT + len(MARK))[MARK_AT:] == MARK


def first_frame(original: Original, most_pixels: int) -> Image.Image:
    """The picture. InputError without pydicom, or where it cannot be decoded."""
    try:
        import pydicom
        from pydicom.pixels import pixel_array  # type: ignore[attr-defined]
    except ImportError:
        raise unreadable(original.name, INSTALL) from None
    content = original.content if not isinstance(original.content, bytes) else BytesIO(original.content)
    try:
        opened = pydicom.dcmread(content, force=False)
        width, height = int(opened.Columns), int(opened.Rows)
        if width * height > most_pixels:
            raise unreadable(original.name, f"is too large ({width} x {height} pixels)")
        stored = pixel_array(opened, index=0)
        return Image.fromarray(shown(stored, opened))
    except (InputError, FileNotFoundError):
        raise
    except Exception as error:  # pydicom's own errors, those of its decoders, and those of broken numbers
        raise unreadable(original.name, f"is a DICOM file that cannot be shown ({str(error)[:200]})") from None


def shown(stored: npt.NDArray[Any], facts: Any) -> npt.NDArray[np.uint8]:
    """Stored values as the eight bits of a screen."""
    if stored.ndim == 3:  # colours: eight bits, or more of which the upper eight are kept
        return np.asarray(stored >> max(int(facts.BitsStored) - 8, 0), np.uint8)
    slope, intercept = float(facts.get("RescaleSlope", 1) or 1), float(facts.get("RescaleIntercept", 0) or 0)
    values = stored.astype(np.float64) * slope + intercept
    centre, width = _first(facts.get("WindowCenter")), _first(facts.get("WindowWidth"))
    if centre is None or width is None or width < 1:
        low, high = float(values.min()), float(values.max())
        grey = (values - low) / (high - low) if high > low else np.zeros_like(values)
    elif facts.get("VOILUTFunction", "LINEAR") == "LINEAR":
        grey = (values - (centre - 0.5)) / (width - 1) + 0.5 if width > 1 else (values > centre - 0.5).astype(float)
    elif facts.VOILUTFunction == "SIGMOID":
        grey = 1 / (1 + np.exp(-4 * (values - centre) / width))
    else:
        grey = (values - centre) / width + 0.5
    if facts.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 1 - grey
    return np.asarray(np.clip(grey, 0, 1) * 255 + 0.5, np.uint8)


def _first(value: Any) -> float | None:
    """The first of the windows that a file may offer."""
    if value is None or value == "":
        return None
    return float(value[0] if isinstance(value, (list, tuple)) or hasattr(value, "__getitem__") else value)
