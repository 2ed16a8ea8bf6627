"""Takes transposes out of the graph: they sink through what does not care about the order of axes until they meet their
inverse, a fully connected layer that can permute its weights, or an output; what is left rises to an input.

Transposes at inputs and outputs cost nothing: passes/movement.py makes them part of the input and output records.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..ir import Graph, Node, Value

SINKS = ("unary", "cast", "binary", "where", "concat", "reduce", "softmax", "layernorm", "slice", "pad", "round")
RISES = ("unary", "cast", "binary", "layernorm", "round")


def cancel_transposes(graph: Graph) -> None:
    for rules in ((_simplify, _sink, _into_weights, _into_product), (_simplify, _rise)):
        while _sweep(graph, rules):
            graph.remove_dead()
        graph.remove_dead()


def _sweep(graph: Graph, rules: tuple) -> bool:
    """Applies each rule to each node once; whether any changed something."""
    changed = False
    for node in list(graph.nodes):
        for rule in rules:
            if not changed or node in graph.nodes:  # what changed something may have removed it
                changed |= rule(graph, node)
    return changed


def inverse(perm: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(axis) for axis in np.argsort(perm))


def _permuted(shape: tuple[int, ...], perm: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(shape[axis] for axis in perm)


def _keeps_order(shape: tuple[int, ...], perm: tuple[int, ...]) -> bool:
    """Whether the transpose leaves the elements of such an array where they are in memory."""
    moved = [axis for axis in perm if shape[axis] != 1]
    return moved == sorted(moved)


def _simplify(graph: Graph, node: Node) -> bool:
    """Merges what moves elements with the like before it."""
    before = graph.producer(node.x) if node.kind in ("transpose", "reshape") else None
    if node.kind == "transpose":
        if _keeps_order(node.x.shape, node.attrs["perm"]):
            node.kind, node.attrs = "reshape", {}
            return True
        if before is not None and before.kind == "transpose":
            node.attrs["perm"] = _permuted(before.attrs["perm"], node.attrs["perm"])
            node.inputs = [before.x]
            return True
        return _merge_twin(graph, node)
    if node.kind != "reshape":
        return False
    if node.x.shape == node.y.shape:
        graph.replace_uses(node.y, node.x)
        graph.remove(node)
        return True
    if before is not None and before.kind == "reshape":
        node.inputs = [before.x]
        return True
    return before is not None and before.kind == "transpose" and _reshape_first(graph, node, before)


def _merge_twin(graph: Graph, node: Node) -> bool:
    """Takes the result of an earlier transpose that does the same."""
    twin = next(other for other in graph.consumers(node.x) if _same_transpose(other, node))
    if twin is node or graph.is_output(node.y):
        return False
    graph.replace_uses(node.y, twin.y)
    graph.remove(node)
    return True


def _same_transpose(a: Node, b: Node) -> bool:
    return a.kind == "transpose" and a.attrs["perm"] == b.attrs["perm"] and a.y.quant == b.y.quant


def _reshape_first(graph: Graph, node: Node, before: Node) -> bool:
    """reshape(transpose(x)) as transpose(reshape(x)).

    Axes of length 1, which part no neighbours, come first: so that what becomes the same array becomes the same node.
    """
    old, new = before.x.shape, node.y.shape
    long = [axis for axis, size in enumerate(old) if size != 1]
    perm = tuple(long.index(axis) for axis in before.attrs["perm"] if axis in long)
    found = _other_order(tuple(old[axis] for axis in long), perm, tuple(size for size in new if size != 1))
    if found is None:
        return False
    units = new.count(1)
    first, after = iter(range(units)), iter(found[1])
    shape, turned = (1,) * units + found[0], tuple(next(first) if n == 1 else units + next(after) for n in new)
    reshaped = Value(f"{node.y.name}.reshape", shape, node.y.dtype)
    graph.insert(Node("reshape", [before.x], [reshaped], {}, node.name), before=node)
    node.kind, node.inputs, node.attrs = "transpose", [reshaped], {"perm": turned}
    return True


def _other_order(
    shape: tuple[int, ...], perm: tuple[int, ...], target: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The shape and then the permutation that do what `perm` and then a reshape to `target` do.

    None where axes merge that are no neighbours before the permutation.
    """
    blocks = []  # (axes before, their sizes after the reshape)
    for axes, sizes in _groups(_permuted(shape, perm), target):
        source = [perm[axis] for axis in axes]
        if source != list(range(source[0], source[0] + len(source))):
            return None
        blocks.append((source[0], sizes))
    order = sorted(range(len(blocks)), key=lambda i: blocks[i][0])
    starts = dict(zip(order, np.cumsum([0, *(len(blocks[i][1]) for i in order)]), strict=False))
    turned = tuple(int(starts[i]) + j for i, (_, sizes) in enumerate(blocks) for j in range(len(sizes)))
    return tuple(size for i in order for size in blocks[i][1]), turned


def _groups(old: tuple[int, ...], new: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """The smallest runs of axes of `old`, each with the sizes of the run of `new` that has as many elements."""
    groups, i, j = [], 0, 0
    while i < len(old):
        axes, sizes = [i], []
        count, target = old[i], 1
        i += 1
        while target != count or not sizes:
            if target < count or not sizes:
                if j == len(new):
                    break
                sizes.append(new[j])
                target *= new[j]
                j += 1
            else:
                axes.append(i)
                count *= old[i]
                i += 1
        groups.append((axes, sizes))
    if groups:
        groups[-1][1].extend(new[j:])
    return groups


def _sink(graph: Graph, node: Node) -> bool:
    if node.kind not in SINKS:
        return False
    perm = None
    moved = node.inputs[:1] if node.kind == "layernorm" else node.inputs  # what has y's axes
    for value in moved:
        before = graph.producer(value)
        if before is not None and before.kind == "transpose" and len(value.shape) >= len(node.y.shape):
            perm = before.attrs["perm"]
            break
    if perm is None:
        return False
    operands = [_untransposed(graph, value, perm, node.y.size) for value in moved]
    if any(operand is None for operand in operands):
        return False
    node.inputs[: len(moved)] = [_materialise(graph, node, operand) for operand in operands]
    after = _turn_attributes(node, perm)
    y = node.y
    node.outputs = [Value(f"{y.name}.sunk", _permuted(y.shape, inverse(after)), y.dtype, quant=y.quant)]
    graph.insert_after(Node("transpose", [node.y], [y], {"perm": after}, node.name), node)
    return True


def _untransposed(
    graph: Graph, value: Value, perm: tuple[int, ...], size: int
) -> Value | tuple[str, Value, tuple[int, ...]] | None:
    """An operand when its reader sees everything without the transpose: a value, a node still to be made, or None.

    A transpose of its own is for what is small beside the `size` elements of the result.
    """
    before = graph.producer(value)
    if before is not None and before.kind == "transpose" and before.attrs["perm"] == perm:
        return before.x
    shape = (1,) * (len(perm) - len(value.shape)) + value.shape
    back = inverse(perm)
    if value.constant:
        return value.with_data(value.data.reshape(shape).transpose(back))
    if _keeps_order(shape, back):
        return ("reshape", value, _permuted(shape, back))
    if shape == value.shape and (graph.is_input(value) or 2 * value.size <= size):
        return ("transpose", value, back)
    return None


def _materialise(graph: Graph, node: Node, operand: Value | tuple[str, Value, tuple[int, ...]]) -> Value:
    if isinstance(operand, Value):
        return operand
    kind, value, what = operand
    shape = _permuted(value.shape, what) if kind == "transpose" else what
    if shape == value.shape and kind == "reshape":
        return value
    moved = Value(f"{value.name}.{kind}", shape, value.dtype)
    graph.insert(Node(kind, [value], [moved], {"perm": what} if kind == "transpose" else {}, node.name), before=node)
    return moved


def _turn_attributes(node: Node, perm: tuple[int, ...]) -> tuple[int, ...]:
    """Makes the attributes speak of the untransposed axes; returns the transpose that the result needs."""
    back = inverse(perm)
    attrs = node.attrs
    if node.kind in ("concat", "softmax", "layernorm"):
        attrs["axis"] = perm[attrs["axis"]]
    elif node.kind == "slice":
        attrs["starts"], attrs["steps"] = _permuted(attrs["starts"], back), _permuted(attrs["steps"], back)
    elif node.kind == "pad":
        attrs["before"] = _permuted(attrs["before"], back)
    elif node.kind == "reduce":
        reduced = {perm[axis] for axis in attrs["axes"]}
        attrs["axes"] = tuple(sorted(reduced))
        if not attrs["keepdims"]:
            left = [axis for axis in perm if axis not in reduced]
            return tuple(sorted(left).index(axis) for axis in left)
    return perm


def _into_weights(graph: Graph, node: Node) -> bool:
    """fc(reshape(transpose(x))): the columns of the weights are permuted instead."""
    if node.kind != "fc":
        return False
    flat = graph.producer(node.x)
    turn = graph.producer(flat.x) if flat is not None and flat.kind == "reshape" else None
    if turn is None or turn.kind != "transpose":
        return False
    x, perm = turn.x, turn.attrs["perm"]
    columns = node.inputs[1].shape[1]
    if x.shape[0] != 1 and (perm[0] != 0 or prod(x.shape[1:]) != columns):
        return False
    if x.shape[0] == 1 and x.size != columns:
        return False
    lead = 0 if x.shape[0] == 1 else 1
    order = np.arange(columns).reshape(x.shape[lead:]).transpose([axis - lead for axis in perm[lead:]]).reshape(-1)
    weight = np.empty_like(node.weight)
    weight[:, order] = node.weight
    node.set_weight(weight)
    reshaped = Value(f"{node.name}.flat", node.x.shape)
    graph.insert(Node("reshape", [x], [reshaped], {}, node.name), before=node)
    node.inputs[0] = reshaped
    return True


def _into_product(graph: Graph, node: Node) -> bool:
    """A matmul reads its matrices transposed."""
    if node.kind != "matmul":
        return False
    changed = False
    for i, flag in enumerate(("transpose_a", "transpose_b")):
        before = graph.producer(node.inputs[i])
        if before is not None and before.kind == "transpose" and _swaps_last(before.attrs["perm"]):
            node.inputs[i] = before.x
            node.attrs[flag] = not node.attrs[flag]
            changed = True
    return changed


def _swaps_last(perm: tuple[int, ...]) -> bool:
    rank = len(perm)
    return perm == (*range(rank - 2), rank - 1, rank - 2)


def _rise(graph: Graph, node: Node) -> bool:
    """transpose(f(x)) as f(transpose(x)), where nothing but elementwise operators is between and an input."""
    if node.kind != "transpose" or not _from_input(graph, node.x, node):
        return False
    perm = node.attrs["perm"]
    before = graph.producer(node.x)
    if before is None:
        return False
    if before.kind == "layernorm":
        before.attrs["axis"] = perm.index(before.attrs["axis"])
    for i, value in enumerate(before.inputs[:1] if before.kind == "layernorm" else before.inputs):
        shape = (1,) * (len(perm) - len(value.shape)) + value.shape
        if value.constant:
            before.inputs[i] = value.with_data(value.data.reshape(shape).transpose(perm))
        else:
            turned = Value(f"{value.name}.transpose", _permuted(shape, perm), value.dtype)
            graph.insert(Node("transpose", [value], [turned], {"perm": perm}, node.name), before=before)
            before.inputs[i] = turned
    node.y.quant = before.y.quant
    before.outputs = [node.y]
    graph.remove(node)
    return True


def _from_input(graph: Graph, value: Value, reader: Node) -> bool:
    if graph.is_input(value):
        return True
    before = graph.producer(value)
    if before is None or before.kind not in RISES or graph.only_consumer(value) is not reader:
        return False
    operands = [operand for operand in before.inputs if operand is not None and not operand.constant]
    return len(operands) == 1 and operands[0].shape == value.shape and _from_input(graph, operands[0], before)
