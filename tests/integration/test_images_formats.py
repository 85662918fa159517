"""Every format shows the colours that were put in: turned upright, from CMYK, sixteen bits, profiles, DICOM."""

import builtins
import io
import sys

import numpy as np
import pytest
from PIL import Image, ImageCms

from labelreview import images
from labelreview.errors import InputError
from labelreview.images import opening

QUARTERS = np.array(
    [[[220, 30, 30], [30, 180, 30]], [[30, 30, 220], [230, 220, 40]]], np.uint8
)  # red green, blue yellow
CLOSE = 14


def quarters(side: int = 64) -> Image.Image:
    """Four flat colours, which tell an upright picture from a turned one and RGB from BGR."""
    return Image.fromarray(np.repeat(np.repeat(QUARTERS, side // 2, 0), side // 2, 1))


def stored(image: Image.Image, form: str, **options: object) -> images.Original:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return images.Original(f"a.{form.lower()}", buffer.getvalue())


def shown(original: images.Original, size: int = 1280) -> np.ndarray:
    """The colours in the middle of the four quarters, as a browser gets them."""
    picture, _ = images.made(original, size)
    pixels = np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"), int)
    height, width = pixels.shape[:2]
    return pixels[[height // 4, 3 * height // 4]][:, [width // 4, 3 * width // 4]]


def same(found: np.ndarray, wanted: np.ndarray, close: int = CLOSE) -> bool:
    return bool((abs(found - wanted.astype(int)) <= close).all())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"])
@pytest.mark.parametrize("size", [1280, 32])
def test_every_format_shows_its_colours_large_and_small(form: str, size: int) -> None:
    assert same(shown(stored(quarters(), form), size), QUARTERS)
    assert same(images.pixels(stored(quarters(), form), 8, 8)[[1, 6]][:, [1, 6]], QUARTERS, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_of_a_camera_comes_upright(orientation: int, form: str) -> None:
    turn = {2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}.get(orientation, [])  # what undoes it, of PIL's
    tilted = quarters()
    for step in turn:
        tilted = tilted.transpose(Image.Transpose(step))
    exif = Image.Exif()
    exif[opening.ORIENTATION] = orientation
    assert same(shown(stored(tilted, form, exif=exif)), QUARTERS)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_something_that_moves_the_first_picture_is_shown_and_stands_still(form: str) -> None:
    other = Image.new("RGB", (64, 64), "black")
    original = stored(quarters(), form, save_all=True, append_images=[other, other], duration=50)
    picture, _ = images.made(original, 1280)
    assert same(shown(original), QUARTERS)
    assert not getattr(Image.open(io.BytesIO(picture.data)), "is_animated", False)


def cmyk() -> Image.Image:
    ink = np.zeros((64, 64, 4), np.uint8)
    ink[:32, :32], ink[:32, 32:] = (0, 230, 230, 0), (230, 0, 230, 20)  # red, green
    ink[32:, :32], ink[32:, 32:] = (230, 230, 0, 0), (0, 0, 230, 0)  # blue, yellow
    return Image.fromarray(ink, "CMYK")


def test_cmyk_is_no_negative_neither_from_tiff_nor_from_adobes_inverted_jpeg() -> None:
    wanted = np.array([[[255, 25, 25], [23, 235, 23]], [[25, 25, 255], [255, 255, 25]]])
    jpeg = stored(cmyk(), "JPEG", quality=95)  # written with Adobe's mark, and inverted, as Photoshop does
    assert b"Adobe" in jpeg.read()
    for original in (stored(cmyk(), "TIFF"), jpeg):
        for size in (1280, 32):
            assert same(shown(original, size), wanted, 20)
        assert same(images.pixels(original, 8, 8)[[1, 6]][:, [1, 6]], wanted, 30)
    assert images.made(jpeg, 1280)[0].data != jpeg.read()  # browsers do not agree on it: never as it is
    codes = images.fingerprint(jpeg) ^ images.fingerprint(stored(cmyk().convert("RGB"), "PNG"))
    assert codes.bit_count() <= 4


def test_a_profile_is_honoured_and_one_that_is_broken_is_ignored() -> None:
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert same(shown(stored(quarters(), "TIFF", icc_profile=srgb)), QUARTERS)
    assert same(shown(stored(quarters(), "TIFF", icc_profile=b"no profile")), QUARTERS)
    assert same(shown(stored(quarters(), "TIFF", icc_profile=wide)), QUARTERS)  # of another kind of colour
    change = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    painted = ImageCms.applyTransform(quarters(), change)
    assert painted is not None
    assert same(shown(stored(painted, "TIFF")), QUARTERS)


def swapped_profile() -> bytes:
    """An RGB profile whose red is sRGB's green: nobody's, but plain to see when it is honoured."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132])
    tags = {bytes(data[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, green = tags[b"rXYZ"] + 4, tags[b"gXYZ"] + 4
    data[red : red + 8], data[green : green + 8] = data[green : green + 8], data[red : red + 8]
    return bytes(data).replace(b"s\0R\0G\0B", b"o\0d\0d\0!").replace(b"sRGB", b"odd!")


def test_colours_are_those_of_the_profile() -> None:
    found = shown(stored(quarters(), "TIFF", icc_profile=swapped_profile()))
    red, green = found[0]
    assert red[1] > 150 > red[0]
    assert green[0] > 150 > green[1]


def test_sixteen_bits_keep_their_contrast_and_a_negative_is_turned() -> None:
    ramp = np.linspace(1000, 3000, 4096).astype(np.uint16).reshape(64, 64)
    for form in ("PNG", "TIFF"):
        grey = shown(stored(Image.fromarray(ramp), form))[:, 0, 0]
        assert abs(grey - [64, 191]).max() < 10
    negative = stored(Image.fromarray(ramp), "TIFF", tiffinfo={262: 0})
    assert abs(shown(negative)[:, 0, 0] - [191, 64]).max() < 10
    floats = stored(Image.fromarray(np.linspace(-1, 1, 4096, dtype=np.float32).reshape(64, 64)), "TIFF")
    assert abs(shown(floats)[:, 0, 0] - [64, 191]).max() < 10


def made_dicom(values: np.ndarray, **facts: object) -> images.Original:
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = pydicom.Dataset()
    data.file_meta, data.SOPClassUID = meta, SecondaryCaptureImageStorage
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    colour = values.ndim == 3 and values.shape[-1] == 3
    data.Rows, data.Columns = values.shape[:2] if colour else values.shape[-2:]
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        data.PlanarConfiguration = 0
    if values.ndim == 3 and not colour:
        data.NumberOfFrames = len(values)
    bits = 8 * values.itemsize
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits, bits - 1, 0
    for name, value in facts.items():
        setattr(data, name, value)
    data.PixelData = values.tobytes()
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return images.Original("scan.dcm", buffer.getvalue())


RAMP = np.linspace(0, 4000, 4096).astype(np.uint16).reshape(64, 64)
LINEAR = {"WindowCenter": 1000.0, "WindowWidth": 800.0}


@pytest.mark.parametrize(
    "facts",
    [
        {},
        LINEAR,
        {**LINEAR, "WindowCenter": [1000.0, 40.0], "WindowWidth": [800.0, 400.0]},
        {"RescaleSlope": 2.0, "RescaleIntercept": -1024.0, "WindowCenter": 40.0, "WindowWidth": 400.0},
        {**LINEAR, "PhotometricInterpretation": "MONOCHROME1"},
        {**LINEAR, "VOILUTFunction": "SIGMOID"},
        {**LINEAR, "VOILUTFunction": "LINEAR_EXACT"},
    ],
)
def test_dicom_is_shown_through_its_window_as_pydicom_computes_it(facts: dict[str, object]) -> None:
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_windowing

    original = made_dicom(RAMP, **facts)
    read = pydicom.dcmread(io.BytesIO(original.read()))
    values = apply_modality_lut(read.pixel_array, read)
    window = apply_windowing(values, read) if "WindowCenter" in facts else values
    low, high = (float(values.min()), float(values.max())) if "WindowCenter" not in facts else _range(read)
    wanted = np.clip((window - low) / (high - low), 0, 1) * 255
    wanted = 255 - wanted if facts.get("PhotometricInterpretation") == "MONOCHROME1" else wanted
    found = np.asarray(images.open_image(original).convert("L"), float)
    assert abs(found - wanted).max() <= 1.01


def _range(read: object) -> tuple[float, float]:
    """What pydicom maps the window to: the range of the stored values, rescaled."""
    slope, intercept = float(getattr(read, "RescaleSlope", 1)), float(getattr(read, "RescaleIntercept", 0))
    return intercept, 65535 * slope + intercept


def test_dicom_in_colour_and_the_first_of_many_frames() -> None:
    assert same(shown(made_dicom(np.asarray(quarters()))), QUARTERS, 20)
    frames = np.stack([RAMP, RAMP[::-1], RAMP * 0])
    first, alone = images.open_image(made_dicom(frames)), images.open_image(made_dicom(RAMP))
    assert np.array_equal(np.asarray(first), np.asarray(alone))


def test_dicom_that_cannot_be_shown_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made_dicom(RAMP)
    with pytest.raises(InputError, match="scan.dcm' is a DICOM file that cannot be shown"):
        images.open_image(images.Original("scan.dcm", whole.read()[:-4000]))
    with pytest.raises(InputError, match="cannot be shown"):
        images.open_image(images.Original("scan.dcm", b"nothing of the kind"))
    monkeypatch.setattr(opening, "MOST_PIXELS", 1000)
    with pytest.raises(InputError, match=r"too large \(64 x 64 pixels\)"):
        images.open_image(whole)


def test_without_pydicom_the_placeholder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, real = made_dicom(RAMP), builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("pydicom"):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if name.partition(".")[0] == "pydicom"]:
        monkeypatch.delitem(sys.modules, name)
    assert "pip install 'labelreview[dicom]'" in images.problem(whole)
