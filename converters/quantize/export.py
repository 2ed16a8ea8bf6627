"""The graph as an ONNX model, so that onnxruntime can compute every value of it.

It is taken before passes/movement.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf, isinf

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import GraphOptimizationLevel

from ..calibration import sample
from ..ir import Graph, Node, Value
from ..reference import Reference

OPSET = 21
IR_VERSION = 10

BINARY = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "min": "Min",
    "max": "Max",
    "prelu": "PRelu",
    "pow": "Pow",
}
REDUCE = {"mean": "ReduceMean", "sum": "ReduceSum", "max": "ReduceMax", "min": "ReduceMin"}
UNARY = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "hard_swish": "HardSwish",
    "exp": "Exp",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "neg": "Neg",
    "erf": "Erf",
    "gelu": "Gelu",
    "reciprocal": "Reciprocal",
    "log": "Log",
}


class Exported:
    """A graph in ONNX. `names` are the tensors of its values, by id(), `products` those that its Conv and Gemm nodes
    write, by id() of the weighted node.
    """

    def __init__(self, graph: Graph, rounded: bool = False):
        """rounded: values and weights that are annotated are rounded to what their annotation can represent."""
        self.rounded = rounded
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.names: dict[int, str] = {}
        self.products: dict[int, str] = {}
        self._fresh = 0
        self._inputs = []
        for port in graph.inputs:
            self._inputs.append(helper.make_tensor_value_info(port.name, _onnx_type(port.value.dtype), port.dims))
            self._name(port.value, port.name)
        for node in graph.nodes:
            getattr(self, f"_{node.kind}")(node)

    def model(self, outputs: Iterable[str] = ()) -> onnx.ModelProto:
        """The model with these tensors as outputs."""
        results = [onnx.ValueInfoProto(name=name) for name in outputs]
        graph = helper.make_graph(self.nodes, "graph", self._inputs, results, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def _emit(self, kind: str, inputs: list[str], **attributes) -> str:
        self._fresh += 1
        self.nodes.append(helper.make_node(kind, inputs, [f"t{self._fresh}"], **attributes))
        return f"t{self._fresh}"

    def _constant(self, data, dtype=None) -> str:
        self._fresh += 1
        self.constants.append(numpy_helper.from_array(np.asarray(data, dtype), f"c{self._fresh}"))
        return f"c{self._fresh}"

    def _name(self, value: Value, name: str) -> None:
        """Tensor `name` holds `value`, but for its rounding."""
        if self.rounded and value.quant is not None:
            dtype = value.quant.dtype
            grid = [self._constant(value.quant.scale, np.float32), self._constant(value.quant.zero_point, dtype)]
            name = self._emit("DequantizeLinear", [self._emit("QuantizeLinear", [name, *grid]), *grid])
        self.names[id(value)] = name

    def _of(self, value: Value | None) -> str:
        """The tensor that holds `value`."""
        if value is None:
            return ""
        return self.names[id(value)] if value.data is None else self._constant(self._data(value))

    def _data(self, value: Value) -> np.ndarray:
        rounded = self.rounded and value.quant is not None
        return value.quant.round(value.data).astype(value.dtype) if rounded else value.data

    def _done(self, node: Node, name: str) -> None:
        """`name` is the node's result before its activation."""
        self._name(node.y, self._activation(node, name))

    def _activation(self, node: Node, x: str) -> str:
        a, b = node.act
        if node.activation == "none":
            return x
        if node.activation == "clip":
            bounds = ["" if isinf(bound) else self._constant(bound, np.float32) for bound in (a, b)]
            return x if (a, b) == (-inf, inf) else self._emit("Clip", [x, *bounds])
        if node.activation == "leaky_relu":
            return self._emit("LeakyRelu", [x], alpha=a)
        if node.activation == "hard_sigmoid":
            return self._emit("HardSigmoid", [x], alpha=a, beta=b)
        if node.activation == "silu":
            return self._emit("Mul", [x, self._emit("Sigmoid", [x])])
        if node.activation == "gelu_tanh":
            return self._emit("Gelu", [x], approximate="tanh")
        return self._emit(UNARY[node.activation], [x])

    def _shaped(self, x: str, old: tuple[int, ...], new: tuple[int, ...]) -> str:
        return x if old == new else self._emit("Reshape", [x, self._constant(new, np.int64)], allowzero=1)

    def _window(self, node: Node, kind: str, inputs: list[str], **attributes) -> None:
        """An operator over feature maps [N, C, H, W]; those of lower rank are reshaped."""
        shapes = [(v.shape[0], v.shape[1], *(1,) * (4 - len(v.shape)), *v.shape[2:]) for v in (node.x, node.y)]
        inputs = [self._shaped(inputs[0], node.x.shape, shapes[0]), *inputs[1:]]
        window = {name: list(node.attrs[name]) for name in ("strides", "dilations", "pads")}
        self.products[id(node)] = self._emit(kind, inputs, **window, **attributes)
        y = self._shaped(self.products[id(node)], shapes[1], node.y.shape)
        if node.kind != "pool":
            _, _, _, residual, slope = node.inputs
            y = y if residual is None else self._emit("Add", [y, self._of(residual)])
        else:
            slope = None
        y = self._activation(node, y)
        if slope is not None:
            y = self._emit("PRelu", [y, self._constant(slope.data.reshape(-1, *(1,) * (len(node.y.shape) - 2)))])
        self._name(node.y, y)

    def _conv(self, node: Node) -> None:
        inputs = [self._of(value) for value in node.inputs[:3]]
        self._window(node, "Conv", inputs, group=node.attrs["group"])

    def _depthwise(self, node: Node) -> None:
        self._window(node, "Conv", [self._of(value) for value in node.inputs[:3]], group=node.x.shape[1])

    def _conv_transpose(self, node: Node) -> None:
        rows, channels, *kernel = node.inputs[1].shape
        group = node.attrs["group"]
        weight = self._data(node.inputs[1]).reshape(group, rows // group, channels, *kernel).swapaxes(1, 2)
        weight = self._constant(weight.reshape(group * channels, rows // group, *kernel))
        size, out = ((1,) * (4 - len(v.shape)) + v.shape[2:] for v in (node.x, node.y))
        extra = []
        for i in range(2):
            reach = node.attrs["dilations"][i] * (kernel[i] - 1) + 1
            whole = (size[i] - 1) * node.attrs["strides"][i] + reach
            extra.append(out[i] - whole + node.attrs["pads"][i] + node.attrs["pads"][i + 2])
        self._window(
            node,
            "ConvTranspose",
            [self._of(node.x), weight, self._of(node.inputs[2])],
            group=group,
            output_padding=extra,
        )

    def _fc(self, node: Node) -> None:
        rows, columns = node.inputs[1].shape
        vectors = node.x.size // columns
        x = self._shaped(self._of(node.x), node.x.shape, (vectors, columns))
        bias = [] if node.inputs[2] is None else [self._of(node.inputs[2])]
        self.products[id(node)] = self._emit("Gemm", [x, self._of(node.inputs[1]), *bias], transB=1)
        y = self._activation(node, self.products[id(node)])
        if node.inputs[4] is not None:
            y = self._emit("PRelu", [y, self._of(node.inputs[4])])
        self._name(node.y, self._shaped(y, (vectors, rows), node.y.shape))

    def _binary(self, node: Node) -> None:
        self._done(node, self._emit(BINARY[node.attrs["function"]], [self._of(value) for value in node.inputs]))

    def _unary(self, node: Node) -> None:
        y = self._activation(node, self._of(node.x))
        self._name(node.y, self._shaped(y, node.x.shape, node.y.shape))

    def _softmax(self, node: Node) -> None:
        self._done(node, self._emit("Softmax", [self._of(node.x)], axis=node.attrs["axis"]))

    def _matmul(self, node: Node) -> None:
        operands = []
        for value, transposed in zip(node.inputs, ("transpose_a", "transpose_b"), strict=True):
            axes = list(range(len(value.shape)))
            axes[-2:] = reversed(axes[-2:])
            operand = self._of(value)
            operands.append(self._emit("Transpose", [operand], perm=axes) if node.attrs[transposed] else operand)
        y = self._emit("MatMul", operands)
        self._done(node, self._emit("Mul", [y, self._constant(node.attrs["scale"], np.float32)]))

    def _layernorm(self, node: Node) -> None:
        axis = node.attrs["axis"]
        axes = self._constant([axis], np.int64)
        x = self._of(node.x)
        apart = self._emit("Sub", [x, self._emit("ReduceMean", [x, axes])])
        variance = self._emit("ReduceMean", [self._emit("Mul", [apart, apart]), axes])
        variance = self._emit("Add", [variance, self._constant(node.attrs["epsilon"], np.float32)])
        y = self._emit("Div", [apart, self._emit("Sqrt", [variance])])
        for kind, term in zip(("Mul", "Add"), node.inputs[1:], strict=True):
            if term is not None:
                y = self._emit(kind, [y, self._constant(term.data.reshape(-1, *(1,) * (len(node.x.shape) - axis - 1)))])
        self._done(node, y)

    def _gather(self, node: Node) -> None:
        rank = len(node.y.shape)
        rows = self._emit("Gather", [self._of(node.inputs[1]), self._of(node.x)])
        self._done(node, self._emit("Transpose", [rows], perm=[*range(rank - 2), rank - 1, rank - 2]))

    def _where(self, node: Node) -> None:
        self._done(node, self._emit("Where", [self._of(value) for value in node.inputs]))

    def _pool(self, node: Node) -> None:
        function = node.attrs["function"]
        size, out = ((1,) * (4 - len(v.shape)) + v.shape[2:] for v in (node.x, node.y))
        attributes = {"kernel_shape": list(node.attrs["kernel"]), "ceil_mode": int(not _floors(node, size, out))}
        if function != "max":
            attributes["count_include_pad"] = int(function == "average_padded")
        self._window(node, "MaxPool" if function == "max" else "AveragePool", [self._of(node.x)], **attributes)

    def _reduce(self, node: Node) -> None:
        axes = self._constant(node.attrs["axes"], np.int64)
        kind = REDUCE[node.attrs["function"]]
        self._done(node, self._emit(kind, [self._of(node.x), axes], keepdims=int(node.attrs["keepdims"])))

    def _resize(self, node: Node) -> None:
        """Two products with matrices that hold the weights of each output row and column."""
        tables = [value.data for value in node.inputs[1:]]
        rows = _interpolation(tables[0], tables[1], node.x.shape[2])
        columns = _interpolation(tables[2], tables[3], node.x.shape[3])
        y = self._emit("MatMul", [self._constant(rows), self._of(node.x)])
        self._done(node, self._emit("MatMul", [y, self._constant(columns.T)]))

    def _cast(self, node: Node) -> None:
        self._done(node, self._emit("Cast", [self._of(node.x)], to=_onnx_type(node.y.dtype)))

    def _reshape(self, node: Node) -> None:
        self._done(node, self._emit("Reshape", [self._of(node.x), self._constant(node.y.shape, np.int64)]))

    def _transpose(self, node: Node) -> None:
        self._done(node, self._emit("Transpose", [self._of(node.x)], perm=list(node.attrs["perm"])))

    def _slice(self, node: Node) -> None:
        starts, steps = node.attrs["starts"], node.attrs["steps"]
        ends = [first + step * n for first, step, n in zip(starts, steps, node.y.shape, strict=True)]
        ends = [end if end >= 0 else np.iinfo(np.int64).min for end in ends]
        lists = [self._constant(list(values), np.int64) for values in (starts, ends, range(len(steps)), steps)]
        self._done(node, self._emit("Slice", [self._of(node.x), *lists]))

    def _concat(self, node: Node) -> None:
        self._done(node, self._emit("Concat", [self._of(value) for value in node.inputs], axis=node.attrs["axis"]))

    def _pad(self, node: Node) -> None:
        before = node.attrs["before"]
        after = [out - size - b for out, size, b in zip(node.y.shape, node.x.shape, before, strict=True)]
        pads, value = self._constant([*before, *after], np.int64), self._constant(node.attrs["value"], node.y.dtype)
        self._done(node, self._emit("Pad", [self._of(node.x), pads, value]))

    def _expand(self, node: Node) -> None:
        self._done(node, self._emit("Expand", [self._of(node.x), self._constant(node.y.shape, np.int64)]))


def run_values(
    exported: Exported, values: list[Value], samples: Mapping[str, np.ndarray]
) -> Iterator[list[np.ndarray]]:
    """The values, in onnxruntime, for one sample after the other. samples: as load_samples() returns them."""
    names = list(dict.fromkeys(exported.names[id(value)] for value in values))
    inner = [name for name in names if name not in samples]
    reference = start(exported.model(inner)) if inner else None
    for i in range(len(next(iter(samples.values())))):
        feed = sample(samples, i)
        results = reference.run(feed, inner) if reference else []
        known = {**feed, **dict(zip(inner, results, strict=True))}
        yield [known[exported.names[id(value)]] for value in values]


def start(model: onnx.ModelProto) -> Reference:
    """What computes it in float32, as it stands."""
    return Reference(model, GraphOptimizationLevel.ORT_DISABLE_ALL)


def _floors(node: Node, size: tuple[int, ...], out: tuple[int, ...]) -> bool:
    """Whether the output size of a pool is the floor form."""
    pads, kernel = node.attrs["pads"], node.attrs["kernel"]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, node.attrs["dilations"], strict=True)]
    floor = [(size[i] + pads[i] + pads[i + 2] - reach[i]) // node.attrs["strides"][i] + 1 for i in range(2)]
    return tuple(floor) == tuple(out)


def _interpolation(index: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """The matrix [outputs, size] whose rows are the weights of docs/FORMAT.md operator 11."""
    matrix = np.zeros((len(index), size), np.float32)
    np.add.at(matrix, (np.arange(len(index))[:, None], index), weight)
    return matrix


def _onnx_type(dtype: np.dtype) -> int:
    return TensorProto.FLOAT if dtype == np.float32 else helper.np_dtype_to_tensor_dtype(dtype)
