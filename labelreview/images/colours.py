"""What a picture's numbers mean: CMYK, deep grey and wide-gamut pictures as the sRGB that browsers expect."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

DEEP = ("I;16", "I;16B", "I;16L", "I", "F")
SRGB = ImageCms.createProfile("sRGB")
PHOTOMETRIC, WHITE_IS_ZERO = 0x0106, 0
LARGEST_PROFILE = 4 << 20  # a printer's profile has up to 2 MB


def standard(image: Image.Image, *, is_negative: bool = False) -> Image.Image:
    """The picture in eight bits, RGB or RGBA, in sRGB where its profile can be used."""
    profile = image.info.get("icc_profile")
    shown = eight_bits(image, is_negative=is_negative)
    if profile and shown.mode in ("RGB", "RGBA", "CMYK", "L", "LAB"):
        shown = _by_profile(shown, profile) or shown
    if shown.mode == "LAB":
        shown = _from_lab(shown)
    return shown.convert("RGBA" if shown.has_transparency_data else "RGB")


def is_negative(image: Image.Image) -> bool:
    """Whether 0 is white in a deep TIFF; of eight bits PIL turns them itself."""
    tags = getattr(image, "tag_v2", {})
    return image.mode in DEEP and tags.get(PHOTOMETRIC) == WHITE_IS_ZERO


def eight_bits(image: Image.Image, *, is_negative: bool = False) -> Image.Image:
    """Deep grey (scans, medical pictures) stretched over what is there, since eight bits cannot hold it all."""
    if image.mode not in DEEP:
        return image
    deep = np.asarray(image, np.float32)
    low, high = (float(np.nanmin(deep)), float(np.nanmax(deep))) if not np.isnan(deep).all() else (0.0, 0.0)
    scale = 255 / (high - low) if high > low else 0.0
    grey = np.nan_to_num((deep - low) * scale).astype(np.uint8)
    return Image.fromarray(255 - grey if is_negative else grey)


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture in sRGB; None where it is there already, or the profile is broken or meant for another mode."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        change = _change(profile, image.mode, target) if len(profile) <= LARGEST_PROFILE else None
        return ImageCms.applyTransform(image, change) if change else None
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


@lru_cache(32)
def _change(profile: bytes, mode: str, target: str) -> ImageCms.ImageCmsTransform | None:
    opened = ImageCms.getOpenProfile(BytesIO(profile))
    if mode in ("RGB", "RGBA") and "srgb" in ImageCms.getProfileDescription(opened).lower():
        return None
    return ImageCms.buildTransform(opened, SRGB, mode, target)


def _from_lab(image: Image.Image) -> Image.Image:
    change = ImageCms.buildTransform(ImageCms.createProfile("LAB"), SRGB, "LAB", "RGB")
    return ImageCms.applyTransform(image, change) or image
