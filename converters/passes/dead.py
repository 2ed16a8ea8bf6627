"""Removes channels that nobody needs: constant ones, as their weights are all zero, and those that nobody reads.

A layer whose row m of weights is zero makes the constant act(bias[m]) in channel m. Where everything that reads the
channel can take the constant into its bias, the channel is not computed at all. That is exact where no zero padding of
a reader mixes with a constant that is not zero. Channels are axis 1 of a value.
"""

from __future__ import annotations

import numpy as np

from ..ir import WEIGHTED, Graph, Node, Value
from .functions import activate, combine
from .scale import channel_constant

ONE_TO_ONE = ("unary", "cast", "pool", "resize", "round")

PLANE_CHANNELS = 4
"""Channels of a plane of int8: blocks of weights of four inputs stay blocks where whole planes go."""

FULL = 0.95
"""Of the weights in blocks, those that are not zero at least."""


def remove_dead_channels(graph: Graph) -> list[dict]:
    """Removes them; returns [{"layer": name, "channels": how many}] for each layer that lost some."""
    known = _Constants(graph)
    kept = _Kept(graph, known)
    removed = []
    for node in graph.nodes:
        _shrink(node, known, kept, removed)
    for value in list(graph.values()):
        if not value.constant and len(value.shape) >= 2:
            value.shape = (value.shape[0], int(kept.of(value).sum()), *value.shape[2:])
    return removed


def _layout(node: Node) -> tuple[int, int] | None:
    """Channels of a layer's input and weights of a row for each; None for layers whose channels are left alone."""
    if node.kind == "fc" or (node.kind == "conv" and node.attrs["group"] == 1):
        channels = node.x.shape[1] if len(node.x.shape) >= 2 else 0
        columns = node.weight.shape[1]
        whole = channels and columns % channels == 0 and len(node.y.shape) >= 2
        if whole and (node.kind == "conv" or columns * node.x.shape[0] == node.x.size):
            return channels, columns // channels
    if node.kind == "depthwise" and node.x.shape[1] == node.y.shape[1]:
        return node.x.shape[1], 1
    return None


def _spread(node: Node) -> int | None:
    """Of a reshape: how many channels of y each of x becomes; None where channels mix."""
    x, y = node.x.shape, node.y.shape
    if len(x) < 2 or len(y) < 2 or x[0] != y[0] or y[1] % x[1] or (y[1] != x[1] and len(y) != 2):
        return None
    return y[1] // x[1]


def _reduces_pixels(node: Node) -> bool:
    return node.kind == "reduce" and min(node.attrs["axes"], default=0) >= 2


class _Constants:
    """For each value the channels that are constant, and their values."""

    def __init__(self, graph: Graph):
        self.known: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for node in graph.nodes:
            result = self._result(node)
            if result is not None and result[0].any():
                mask, constant = result
                constant = activate(node.activation, node.act, constant)
                if node.y.quant is not None:
                    constant = node.y.quant.round(constant)
                self.known[id(node.y)] = (mask & np.isfinite(constant), np.where(mask, constant, 0.0))

    def of(self, value: Value) -> tuple[np.ndarray, np.ndarray]:
        if id(value) in self.known:
            return self.known[id(value)]
        return np.zeros(value.shape[1], bool), np.zeros(value.shape[1])

    def folds(self, node: Node) -> np.ndarray:
        """The input channels whose constant a layer can take into its bias."""
        mask, constant = self.of(node.x)
        return mask & (constant == 0) if any(node.attrs.get("pads", ())) else mask

    def _result(self, node: Node) -> tuple[np.ndarray, np.ndarray] | None:
        if node.kind in WEIGHTED:
            return self._layer(node) if _layout(node) else None
        if node.kind == "binary":
            return self._binary(node)
        if len(node.x.shape) < 2 or node.x.constant:
            return None
        mask, constant = self.of(node.x)
        if node.kind == "reshape" and (each := _spread(node)):
            return mask.repeat(each), constant.repeat(each)
        if node.kind == "pool":
            exact = node.attrs["function"] != "average_padded" or not any(node.attrs["pads"])
            return (mask, constant) if exact else (mask & (constant == 0), constant)
        if node.kind in ("unary", "resize", "round"):
            return mask, constant
        if _reduces_pixels(node):
            return mask, constant * (node.x.size // node.y.size if node.attrs["function"] == "sum" else 1)
        if node.kind == "concat" and node.attrs["axis"] == 1 and not any(value.constant for value in node.inputs):
            masks, constants = zip(*map(self.of, node.inputs), strict=True)
            return np.concatenate(masks), np.concatenate(constants)
        return None

    def _layer(self, node: Node) -> tuple[np.ndarray, np.ndarray]:
        _, each = _layout(node)
        folds, (_, constant) = self.folds(node), self.of(node.x)
        rows = node.weight.shape[0]
        weight = node.weight.reshape(rows, -1, each if node.kind != "depthwise" else node.weight.shape[1]).astype(
            np.float64
        )
        if node.kind == "depthwise":
            mask = folds | ~weight.any(axis=(1, 2))
            term = weight.sum(axis=(1, 2)) * np.where(folds, constant, 0)
        else:
            mask = ~weight[:, ~folds].any(axis=(1, 2))
            term = weight[:, folds].sum(2) @ constant[folds]
        term = term + (0 if node.bias is None else node.bias)
        if node.inputs[3] is not None:
            mask = mask & False
        if node.inputs[4] is not None:
            term = combine("prelu", term, node.inputs[4].data)
        return mask, term

    def _binary(self, node: Node) -> tuple[np.ndarray, np.ndarray] | None:
        if len(node.y.shape) < 2:
            return None
        operands = []
        for value in node.inputs:
            constant = channel_constant(value, node.y)
            if constant is not None:
                operands.append((np.ones(len(constant), bool), constant))
            elif value.constant or len(value.shape) != len(node.y.shape) or value.shape[1] != node.y.shape[1]:
                return None
            else:
                operands.append(self.of(value))
        (mask_a, a), (mask_b, b) = operands
        return mask_a & mask_b, combine(node.attrs["function"], a, b)


class _Kept:
    """For each value the channels that stay: the least that the outputs and all readers need."""

    def __init__(self, graph: Graph, known: _Constants):
        self.known = known
        self.masks: dict[int, np.ndarray] = {}
        self.changed = True
        for port in (*graph.inputs, *graph.outputs):
            self._keep(port.value)
        while self.changed:
            self.changed = False
            for node in reversed(graph.nodes):
                self._require(node)

    def of(self, value: Value) -> np.ndarray:
        return self.masks.setdefault(id(value), np.zeros(value.shape[1], bool))

    def _keep(self, value: Value | None, mask: np.ndarray | None = None) -> None:
        """Channels of `value` (all without a mask) stay; at least one does."""
        if value is None or value.constant or len(value.shape) < 2:
            return
        old = self.of(value)
        new = old | (np.ones_like(old) if mask is None else mask)
        new[0] |= not new.any()
        if value.quant is not None:
            new = _whole_groups(new, PLANE_CHANNELS)
        self.changed |= bool((new != old).any())
        self.masks[id(value)] = new

    def _tie(self, *values: Value | None) -> None:
        """The same channels of all `values` stay."""
        live = [value for value in values if value is not None and not value.constant]
        mask = np.logical_or.reduce([self.of(value) for value in live])
        for value in live:
            self._keep(value, mask)

    def _require(self, node: Node) -> None:
        layout = _layout(node) if node.kind in WEIGHTED else None
        if layout:
            self._tie(node.y, node.inputs[3])
            if node.kind == "depthwise":
                self._tie(node.y, node.x)
            else:
                if not self.of(node.y).all():
                    self._keep(node.y, _whole_groups(self.of(node.y), _block_rows(node.weight)))
                used = node.weight[self.of(node.y)].reshape(-1, *layout).any(axis=(0, 2))
                self._keep(node.x, used & ~self.known.folds(node))
        elif (node.kind in ONE_TO_ONE and len(node.y.shape) >= 2) or _reduces_pixels(node):
            self._tie(node.y, node.x)
        elif node.kind == "reshape" and (each := _spread(node)):
            kept = self.of(node.y).reshape(-1, each).any(1) | self.of(node.x)
            self._keep(node.x, kept)
            self._keep(node.y, kept.repeat(each))
        elif node.kind == "concat" and node.attrs["axis"] == 1 and not any(value.constant for value in node.inputs):
            cuts = np.cumsum([value.shape[1] for value in node.inputs])[:-1]
            for value, mask in zip(node.inputs, np.split(self.of(node.y), cuts), strict=True):
                self._keep(value, mask)
            self._keep(node.y, np.concatenate([self.of(value) for value in node.inputs]))
        elif node.kind == "binary" and self._aligned(node):
            self._tie(
                node.y, *(value for value in node.inputs if len(value.shape) > 1 and value.shape[1] == node.y.shape[1])
            )
            for value in node.inputs:
                if len(value.shape) > 1 and value.shape[1] != node.y.shape[1]:
                    self._keep(value)
        else:
            for value in (*node.inputs, *node.outputs):
                self._keep(value)

    @staticmethod
    def _aligned(node: Node) -> bool:
        """Whether axis 1 of each operand is axis 1 of the result, or the operand is a constant that can be cut."""
        rank = len(node.y.shape)
        return rank >= 2 and all(
            len(value.shape) == rank or channel_constant(value, node.y) is not None for value in node.inputs
        )


def _whole_groups(mask: np.ndarray, size: int) -> np.ndarray:
    """The groups of `size` neighbours on axis 0 of which one at least stays."""
    padded = np.pad(mask, ((0, -len(mask) % size), *((0, 0),) * (mask.ndim - 1)))
    return padded.reshape(-1, size, *mask.shape[1:]).any(axis=1).repeat(size, axis=0)[: len(mask)]


def _block_rows(weight: np.ndarray) -> int:
    """Rows of the blocks that sparse weights come in: 8, 4, or 1 where they come one by one or are mostly not zero.
    Without a row of some groups, those below would be parts of two blocks each."""
    nonzero = (weight != 0).reshape(len(weight), -1)
    if not 0 < nonzero.mean() <= 0.5:
        return 1
    for rows in (8, 4):
        blocks = _whole_groups(nonzero, rows)
        if nonzero.sum() >= FULL * blocks.sum():
            return rows
    return 1


def _shrink(node: Node, known: _Constants, kept: _Kept, removed: list[dict]) -> None:
    """Takes the removed channels out of a node's weights and constants."""
    layout = _layout(node) if node.kind in WEIGHTED else None
    if layout:
        rows, columns = kept.of(node.y), kept.of(node.x)
        if rows.all() and columns.all():
            return
        shape = node.inputs[1].shape
        weight = node.inputs[1].data
        if node.kind != "depthwise":
            apart = weight.reshape(shape[0], *layout)
            _, constant = known.of(node.x)
            gone = ~columns & known.folds(node)
            if gone.any() and constant[gone].any():
                term = apart[:, gone].astype(np.float64).sum(2) @ constant[gone]
                node.set_bias(term + (0 if node.bias is None else node.bias))
            weight = apart[:, columns].reshape(shape[0], -1, *shape[2:])
        quant = node.inputs[1].quant
        node.inputs[1] = node.inputs[1].with_data(weight[rows])
        node.inputs[1].quant = quant and quant.take(rows)
        for i in (2, 4):
            if node.inputs[i] is not None:
                node.inputs[i] = node.inputs[i].with_data(node.inputs[i].data[rows])
        if not rows.all():
            removed.append({"layer": node.name, "channels": int((~rows).sum())})
    elif node.kind == "binary" and len(node.y.shape) >= 2 and not kept.of(node.y).all():
        rank = len(node.y.shape)
        for i, value in enumerate(node.inputs):
            axis = 1 - (rank - len(value.shape))
            if value.constant and axis >= 0 and value.shape[axis] == node.y.shape[1] and value.shape[axis] > 1:
                node.inputs[i] = value.with_data(np.compress(kept.of(node.y), value.data, axis=axis))
