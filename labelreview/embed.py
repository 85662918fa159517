"""Pictures as numbers: by an ONNX model, or by a plain description of colours and edges that needs no model.

An encoder takes pictures as uint8 (n, height, width, 3), RGB, and gives (n, D) float32. Pictures come from a callable,
so that this room knows nothing of files. A picture that cannot be opened is a row of NaN.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, LabelReviewError, few

Pictures = npt.NDArray[np.uint8]
Float32s = npt.NDArray[np.float32]
Pixels = Callable[[str, int, int], Pictures]
Progress = Callable[[str, float], None]

BATCH = 32
USUAL_SIDE = 224
SIDE, BINS = 96, 9
EDGE_CELLS, COLOUR_CELLS, LAYOUT_CELLS = (1, 2, 4, 8), (1, 2, 4), 8
HUES, GREYS = 8, 4
SCALINGS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {  # (pixel / 255 - mean) / deviation
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "none": ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
}
OUTPUTS = ("image_embeds", "pooler_output", "embedding", "embeddings", "features")


class Encoder(Protocol):
    """`title` says in words what it is; pictures are wanted at `width` × `height`."""

    title: str
    width: int
    height: int

    def encode(self, pictures: Pictures) -> Float32s: ...


@dataclass(frozen=True)
class Embedded:
    """rows (N, D), NaN where a picture could not be opened; and what was wrong, by path."""

    rows: Float32s
    problems: dict[str, str] = field(default_factory=dict)


def embedded(
    paths: Sequence[str], pixels: Pixels, encoder: Encoder, progress: Progress = lambda step, share: None
) -> Embedded:
    """All pictures in batches. `pixels(path, width, height)` raises InputError where there is none to be had."""
    problems: dict[str, str] = {}
    rows: Float32s | None = None
    for start in range(0, len(paths), BATCH):
        progress("Describing pictures", start / len(paths))
        opened: dict[int, Pictures] = {}
        for at in range(start, min(start + BATCH, len(paths))):
            try:
                opened[at] = pixels(paths[at], encoder.width, encoder.height)
            except LabelReviewError as error:
                problems[paths[at]] = str(error)
        if opened:
            made = encoder.encode(np.stack(list(opened.values())))
            rows = np.full((len(paths), made.shape[1]), np.nan, np.float32) if rows is None else rows
            rows[list(opened)] = made
    if rows is None:
        raise InputError(f"None of {len(paths):,} pictures can be opened. {few(problems.values(), 3)}")
    progress("Describing pictures", 1.0)
    return Embedded(rows, problems)


def encoder(model: Path | None = None, scaling: str = "imagenet") -> Encoder:
    """An ONNX image model, or without one the description of colours and edges."""
    return ColoursAndEdges() if model is None else OnnxModel(model, scaling)


class ColoursAndEdges:
    """Histograms of edge directions, of colours, and a coarse picture, each at unit length: 1,713 numbers."""

    title = "colours and edges"
    width = height = SIDE

    def encode(self, pictures: Pictures) -> Float32s:
        colours: Float32s = pictures.astype(np.float32) / np.float32(255)
        edges, kinds = _edges(colours.mean(axis=3)), _kinds(colours)
        blocks = []
        for cells in EDGE_CELLS:
            pooled = _pooled(edges, cells)
            blocks.append(pooled / (np.linalg.norm(pooled, axis=3, keepdims=True) + 0.02))
        blocks += [np.sqrt(_pooled(kinds, cells)) for cells in COLOUR_CELLS]
        blocks.append(_pooled(colours, LAYOUT_CELLS) - 0.5)
        flat = [block.reshape(len(pictures), -1) for block in blocks]
        unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-6) for part in flat]
        return np.concatenate(unit, axis=1).astype(np.float32)


class OnnxModel:
    """An image model with one input (n, 3, h, w) or (n, h, w, 3).

    Its embedding is the output of a name in OUTPUTS, or else the first of rank 2, of rank 4 (mean over the picture), of
    rank 3 (the first token).
    """

    def __init__(self, path: Path, scaling: str = "imagenet") -> None:
        if scaling not in SCALINGS:
            raise InputError(f"There is no scaling '{scaling}'. Choose one of {', '.join(SCALINGS)}.")
        self.path, self.title = path, path.name
        self._session = _session(path)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            shapes = few(f"{one.name} {one.shape}" for one in inputs)
            raise InputError(f"{path.name}: an image model has one input of four dimensions, this one has {shapes}. "
                             "Export the image part alone.")  # fmt: skip
        self._input = inputs[0]
        shape = self._input.shape
        self._channels_last = shape[3] == 3 and shape[1] != 3
        height, width = shape[1:3] if self._channels_last else shape[2:4]
        self.height, self.width = (side if isinstance(side, int) else USUAL_SIDE for side in (height, width))
        self._batch = shape[0] if isinstance(shape[0], int) else None
        self._mean, self._deviation = (np.array(part, np.float32) for part in SCALINGS[scaling])
        self._output = _chosen(path, self._session.get_outputs())

    def encode(self, pictures: Pictures) -> Float32s:
        step = self._batch or len(pictures)
        parts = []
        for at in range(0, len(pictures), step):
            some = pictures[at : at + step]
            filled = np.concatenate([some, np.repeat(some[-1:], step - len(some), axis=0)])
            parts.append(self._run(filled)[: len(some)])
        return np.concatenate(parts)

    def _run(self, pictures: Pictures) -> Float32s:
        try:
            (found,) = self._session.run([self._output], {self._input.name: self._scaled(pictures)})
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise InputError(f"{self.path.name}: the model cannot be run on {self.width} × {self.height} pictures "
                             f"({error}).") from None  # fmt: skip
        if found.ndim == 4:
            found = found.mean(axis=(1, 2) if self._channels_last else (2, 3))
        elif found.ndim == 3:
            found = found[:, 0]
        return np.asarray(found.reshape(len(pictures), -1), np.float32)

    def _scaled(self, pictures: Pictures) -> npt.NDArray[Any]:
        whole: npt.NDArray[Any] = pictures
        if self._input.type != "tensor(uint8)":
            whole = (pictures.astype(np.float32) / 255 - self._mean) / self._deviation
            whole = whole.astype(np.float16 if self._input.type == "tensor(float16)" else np.float32)
        return whole if self._channels_last else np.ascontiguousarray(whole.transpose(0, 3, 1, 2))


def _edges(grey: Float32s) -> Float32s:
    """(n, h, w, BINS): the strength of the edge at each pixel, shared between the two nearest directions."""
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    turn = np.arctan2(down, across) / np.pi * BINS % BINS
    first, strength = turn.astype(np.int64) % BINS, np.hypot(across, down)
    out = np.zeros((*grey.shape, BINS), np.float32)
    second = turn - np.floor(turn)
    np.put_along_axis(out, first[..., None], (strength * (1 - second))[..., None], axis=3)
    np.put_along_axis(out, ((first + 1) % BINS)[..., None], (strength * second)[..., None], axis=3)
    return out


def _kinds(colours: Float32s) -> Float32s:
    """(n, h, w, kinds): one of 8 hues × strong or pale × light or dark, or one of 4 greys."""
    top, low = colours.max(axis=3), colours.min(axis=3)
    red, green, blue = np.moveaxis(colours, 3, 0)
    spread = top - low + 1e-6
    hue = np.select([top == red, top == green], [(green - blue) / spread % 6, (blue - red) / spread + 2],
                    (red - green) / spread + 4)  # fmt: skip
    pure = (top - low) / (top + 1e-6)
    coloured = np.minimum(hue * (HUES / 6), HUES - 1).astype(np.int64) * 4 + (pure > 0.5) * 2 + (top > 0.6)
    grey = HUES * 4 + np.minimum(top * GREYS, GREYS - 1).astype(np.int64)
    one_each: Float32s = np.eye(HUES * 4 + GREYS, dtype=np.float32)
    return np.asarray(one_each[np.where(pure < 0.15, grey, coloured)])


def _pooled(fields: Float32s, cells: int) -> Float32s:
    """The mean over cells × cells parts of the picture."""
    count, side, _, kinds = fields.shape
    parts = fields.reshape(count, cells, side // cells, cells, side // cells, kinds)
    return np.asarray(parts.mean(axis=(2, 4)), np.float32)


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise InputError("A model needs onnxruntime: pip install 'labelreview[onnx]'. Without --model, pictures are "
                         "described by colours and edges.") from None  # fmt: skip
    if not path.is_file():
        raise InputError(f"{path} is not a file. Name the ONNX model.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=onnxruntime.get_available_providers())
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise InputError(f"{path.name}: not an ONNX model that can be run ({error}).") from None


def _chosen(path: Path, outputs: Sequence[Any]) -> str:
    named = [one.name for name in OUTPUTS for one in outputs if one.name == name]
    by_rank = [one.name for rank in (2, 4, 3) for one in outputs if len(one.shape) == rank]
    if not named + by_rank:
        raise InputError(f"{path.name}: none of its outputs is an embedding: {few(one.name for one in outputs)}.")
    return str((named + by_rank)[0])
