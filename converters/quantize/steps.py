"""Which nodes of a graph compute in int8, and which of its values are therefore int8 tensors."""

from __future__ import annotations

from math import inf

from ..ir import FLOAT32, MOVEMENT, WEIGHTED, Graph, Node, Value

UNSATURATED = {
    "sigmoid": (-6.25, 6.25),
    "tanh": (-3.5, 3.5),
    "hard_swish": (-3.0, inf),
}


def computes(node: Node) -> bool:
    """Whether an int8 operator computes `node` (docs/FORMAT.md, operators 20 to 27)."""
    if any(value is not None and value.dtype != FLOAT32 for value in (*node.inputs, *node.outputs)):
        return False
    if node.kind in WEIGHTED:
        return node.inputs[3] is None and node.inputs[4] is None and node.activation in ("none", "clip")
    if node.kind == "binary":
        return node.attrs["function"] in ("add", "mul") and not any(value.constant for value in node.inputs)
    if node.kind == "reduce":
        spatial = tuple(range(2, len(node.x.shape)))
        return node.attrs["function"] == "mean" and bool(spatial) and tuple(sorted(node.attrs["axes"])) == spatial
    if node.kind == "softmax":
        return node.attrs["axis"] == len(node.x.shape) - 1
    return node.kind == "unary" or (node.kind == "pool" and not moves(node))


def moves(node: Node) -> bool:
    """Whether the results of `node` are values that it reads, so that all have one scale."""
    if node.kind == "pool":
        return node.attrs["function"] == "max" and node.activation == "none"
    # A pad may bring in any number; only zero is exact in every scale.
    return node.kind in MOVEMENT and (node.kind != "pad" or node.attrs["value"] == 0)


def int8_nodes(graph: Graph, excluded: set[int]) -> list[Node]:
    """The nodes that compute in int8, in execution order: layers but those `excluded`, by id(), and what computes on
    their results.
    """
    chosen: list[Node] = []
    made = {id(port.value) for port in graph.inputs}
    for node in graph.nodes:
        reads = any(value is not None and id(value) in made for value in node.inputs)
        if moves(node):
            made.update(id(value) for value in node.outputs if reads)
        elif computes(node) and (id(node) not in excluded if node.kind in WEIGHTED else reads):
            chosen.append(node)
            made.update(map(id, node.outputs))
    return chosen


def int8_values(graph: Graph, nodes: list[Node]) -> list[list[Value]]:
    """The values that `nodes` read and write, together with those that have the scale of one of them: in groups of one
    scale each.
    """
    groups: dict[int, list[Value]] = {}

    def group(value: Value) -> list[Value]:
        return groups.setdefault(id(value), [value])

    for node in graph.nodes:
        if moves(node):
            members = [value for value in (*node.inputs, *node.outputs) if not value.constant]
            if any(value.dtype != FLOAT32 for value in members) or len(members) < len(node.inputs) + 1:
                continue
            merged = list({id(value): value for member in members for value in group(member)}.values())
            groups.update((id(value), merged) for value in merged)
    used = [value for node in nodes for value in (*node.inputs, *node.outputs) if value and not value.constant]
    return list({id(group(value)): group(value) for value in used}.values())


def activation_behind(graph: Graph, node: Node) -> Node | None:
    """The function that is all that becomes of the result of `node`, if there is one."""
    readers = graph.consumers(node.y)
    alone = len(readers) == 1 and readers[0].kind == "unary" and not graph.is_output(node.y)
    return readers[0] if alone else None


def useful_range(graph: Graph, group: list[Value]) -> tuple[float, float]:
    """Beyond which numbers what reads the values of one scale does not tell them apart."""
    inner = {id(value) for value in group}
    readers = [
        node for value in group for node in graph.consumers(value) if not inner.issuperset(map(id, node.outputs))
    ]
    if any(graph.is_output(value) for value in group) or not all(node.kind == "unary" for node in readers):
        return -inf, inf
    ranges = [_unsaturated(node) for node in readers]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _unsaturated(node: Node) -> tuple[float, float]:
    """Where a function is not flat, to half of the step that 256 values of its result have."""
    a, b = node.act
    if node.activation == "clip":
        return a, b
    if node.activation == "hard_sigmoid" and a > 0:
        return -b / a, (1 - b) / a
    return UNSATURATED.get(node.activation, (-inf, inf))
