"""From the finished graph to a `nnz.format.Model`, choosing the encoding of each layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnz.encodings import encode
from nnz.format import Matrix, Model, Op, Port, Tensor, signed, word

from . import ir
from .cost import Product, takes_filtering
from .narrow import Stored

BINARY = ("add", "sub", "mul", "div", "min", "max", "prelu", "pow")
POOL = ("max", "average", "average_padded")
REDUCE = ("mean", "sum", "max", "min")

Choose = Callable[[Sequence[Product]], list[tuple[str, str]]]
"""What all layers multiply, weights as [rows, cols] -> (encoding, reason) of each"""

_WEIGHTS: dict[str, Callable[[ir.Node], np.ndarray]] = {
    "conv": lambda node: node.matrix,
    "fc": lambda node: node.weight,
    "qconv": lambda node: node.inputs[1].data,
    "qfc": lambda node: node.inputs[1].data,
}
"""Kinds of layers that have a matrix to where it is."""


@dataclass(frozen=True)
class Layer:
    """A weighted operator as written. `matrix` is None for depthwise layers, which are stored densely; `snr_db`, of
    weights that are stored narrow, says by how much rounding changed them.
    """

    op: int
    node: ir.Node
    matrix: Matrix | None
    reason: str
    snr_db: float | None = None


def write_model(
    graph: ir.Graph,
    choose: Choose,
    progress: Callable[[int, int], None] | None = None,
    stored: Mapping[int, Stored] | None = None,
) -> tuple[Model, list[Layer]]:
    """The model of `graph`, which has only kinds of docs/FORMAT.md, and its layers in execution order.

    progress(done, all) is called after each operator. stored: layers that are encoded already, by id() of their node.
    """
    writer = _Writer(graph, choose, stored or {})
    for port in graph.inputs:
        writer.model.inputs.append(writer.port(port))
    for done, node in enumerate(graph.nodes, 1):
        writer.node(node)
        if progress:
            progress(done, len(graph.nodes))
    for port in graph.outputs:
        writer.model.outputs.append(writer.port(port))
    return writer.model, writer.layers


class _Writer:
    def __init__(self, graph: ir.Graph, choose: Choose, stored: Mapping[int, Stored]):
        self.stored = stored
        free = [node for node in graph.nodes if node.kind in _WEIGHTS and id(node) not in stored]
        chosen = choose(
            [Product(node.kind, _WEIGHTS[node.kind](node), node.pixels, takes_filtering(node)) for node in free]
        )
        self.chosen = {id(node): _kept_in_order(node, *what) for node, what in zip(free, chosen, strict=True)}
        self.model = Model()
        self.layers: list[Layer] = []
        self.ids: dict[int, int] = {}
        self.kept: list[ir.Value] = []  # so that the ids above stay those of living objects

    def tensor(self, value: ir.Value | None) -> int | None:
        if value is None:
            return None
        if id(value) not in self.ids:
            data = None if value.data is None else np.require(value.data, requirements="C")
            self.ids[id(value)] = len(self.model.tensors)
            self.kept.append(value)
            tensor = Tensor(value.dtype, value.shape, data, name=value.name, layout=value.layout)
            if value.dtype == np.int8 and value.quant is not None:
                tensor.scale, tensor.zero_point = float(value.quant.scale), value.quant.zero
            self.model.tensors.append(tensor)
        return self.ids[id(value)]

    def port(self, port: ir.Port) -> Port:
        strides = tuple(0 if n == 1 else stride for n, stride in zip(port.view, port.strides, strict=True))
        unsigned = port.dtype == np.uint8 and port.value.dtype == np.int8
        return Port(port.name, self.tensor(port.value), port.dims, port.view, strides, unsigned)

    def node(self, node: ir.Node) -> None:
        inputs = list(node.inputs)
        params = getattr(self, f"_{node.kind}")(node, inputs)
        op = Op(
            node.kind,
            [self.tensor(value) for value in inputs],
            [self.tensor(value) for value in node.outputs],
            params,
            node.activation,
            node.act,
            node.name,
        )
        self.model.ops.append(op)

    def _layer(self, node: ir.Node) -> int:
        known = self.stored.get(id(node))
        if known is None:
            encoding, reason = self.chosen[id(node)]
            known = Stored(encode(_WEIGHTS[node.kind](node), encoding), reason, None)
        self.layers.append(Layer(len(self.model.ops), node, known.matrix, known.reason, known.snr_db))
        self.model.matrices.append(known.matrix)
        return len(self.model.matrices) - 1

    def _conv(self, node: ir.Node, inputs: list) -> list[int]:
        weight = inputs.pop(1)
        return [self._layer(node), *weight.shape[2:], *_window(node)]

    def _depthwise(self, node: ir.Node, inputs: list) -> list[int]:
        weight = inputs[1]
        inputs[1] = weight.with_data(weight.data.reshape(weight.shape[0], *weight.shape[2:]))
        known = self.stored.get(id(node)) or Stored(None, "depthwise layers are dense", None)
        self.layers.append(Layer(len(self.model.ops), node, None, known.reason, known.snr_db))
        return [*weight.shape[2:], *_window(node)]

    def _fc(self, node: ir.Node, inputs: list) -> list[int]:
        del inputs[3], inputs[1]
        return [self._layer(node)]

    def _binary(self, node: ir.Node, inputs: list) -> list[int]:
        return [BINARY.index(node.attrs["function"])]

    def _unary(self, node: ir.Node, inputs: list) -> list[int]:
        return []

    def _softmax(self, node: ir.Node, inputs: list) -> list[int]:
        return [node.attrs["axis"]]

    def _matmul(self, node: ir.Node, inputs: list) -> list[int]:
        attrs = node.attrs
        return [int(attrs["transpose_a"]), int(attrs["transpose_b"]), word(attrs["scale"])]

    def _layernorm(self, node: ir.Node, inputs: list) -> list[int]:
        return [node.attrs["axis"], word(node.attrs["epsilon"])]

    def _gather(self, node: ir.Node, inputs: list) -> list[int]:
        return [1]

    def _where(self, node: ir.Node, inputs: list) -> list[int]:
        return []

    def _pool(self, node: ir.Node, inputs: list) -> list[int]:
        return [POOL.index(node.attrs["function"]), *node.attrs["kernel"], *_window(node)]

    def _reduce(self, node: ir.Node, inputs: list) -> list[int]:
        return [REDUCE.index(node.attrs["function"]), sum(1 << axis for axis in node.attrs["axes"])]

    def _copy(self, node: ir.Node, inputs: list) -> list[int]:
        fill, pieces = node.attrs["fill"], node.attrs["pieces"]
        params = [int(fill is not None), 0 if fill is None else _fill_word(fill, node.y.dtype), len(pieces)]
        for piece in pieces:
            params += [piece.source, len(piece.dims), piece.source_offset, piece.offset, *piece.dims]
            params += [signed(stride) for stride in (*piece.source_strides, *piece.strides)]
        return params

    def _reshape(self, node: ir.Node, inputs: list) -> list[int]:
        return []

    def _resize(self, node: ir.Node, inputs: list) -> list[int]:
        return [inputs[1].shape[1]]

    def _cast(self, node: ir.Node, inputs: list) -> list[int]:
        return []

    def _qconv(self, node: ir.Node, inputs: list) -> list[int]:
        del inputs[1]
        return [self._layer(node), *node.attrs["params"]]

    def _qdepthwise(self, node: ir.Node, inputs: list) -> list[int]:
        self.layers.append(Layer(len(self.model.ops), node, None, "depthwise layers are dense"))
        return node.attrs["params"]

    def _int8(self, node: ir.Node, inputs: list) -> list[int]:
        return node.attrs["params"]

    _qfc = _qconv
    _qadd = _qmul = _qpool = _qlut = _qsoftmax = _quantize = _dequantize = _int8
    _qmatmul = _qsoftmax_planes = _qaffine = _qaverage = _qlayernorm = _qsoftmax_exact = _int8


def _kept_in_order(node: ir.Node, encoding: str, reason: str) -> tuple[str, str]:
    """Minimal filtering adds in another order than the columns': blocks keep it, and are as fast as direct sums."""
    if encoding == "dense" and node.attrs.get("in_order") and takes_filtering(node):
        return "rb4", f"{reason}; rb4 adds its products in order"
    return encoding, reason


def _window(node: ir.Node) -> list[int]:
    return [int(n) for name in ("strides", "dilations", "pads") for n in node.attrs[name]]


def _fill_word(fill: float, dtype: np.dtype) -> int:
    if dtype == np.float32:
        return word(fill)
    return int(np.asarray(fill, dtype).astype(np.int64)) & 0xFFFFFFFF & (0xFFFFFFFF >> max(0, 32 - 8 * dtype.itemsize))
