"""Which layers are pruned, and why the others are not."""

from __future__ import annotations

from ..ir import WEIGHTED, Graph, Node
from ..names import matching


def select_layers(
    graph: Graph, include: str | None = None, exclude: str | None = None
) -> list[tuple[Node, str | None]]:
    """The weighted nodes in execution order, each with the reason why it is not pruned, or None.

    By default first layers (no weighted node before them), last ones (none behind them) and depthwise ones are left
    out: they are small and pruning them costs the most accuracy. `include`, a regular expression searched in the
    node's name, takes them in; `exclude` leaves out and wins. ValueError where an expression is invalid or matches no
    layer.
    """
    nodes = graph.weighted()
    wanted = matching(nodes, include, "--include")
    unwanted = matching(nodes, exclude, "--exclude")
    first, last = _ends(graph)

    def reason(node: Node) -> str | None:
        if id(node) in unwanted:
            return f"--exclude {exclude}"
        if id(node) in wanted:
            return None
        if node.kind == "depthwise" or node.attrs.get("group", 1) == node.x.shape[1] > 1:
            return "depthwise"
        if id(node) in first:
            return "first layer"
        return "last layer" if id(node) in last else None

    return [(node, reason(node)) for node in nodes]


def _ends(graph: Graph) -> tuple[set[int], set[int]]:
    """The weighted nodes with no weighted node before them, and those with none behind them."""
    return _unreached(graph.nodes, back=False), _unreached(graph.nodes[::-1], back=True)


def _unreached(nodes: list[Node], back: bool) -> set[int]:
    """The weighted nodes that no earlier weighted node of `nodes` leads to, along the edges or back along them."""
    reached: set[int] = set()
    found = set()
    for node in nodes:
        entry, way_out = (node.outputs, node.inputs) if back else (node.inputs, node.outputs)
        is_reached = any(id(value) in reached for value in entry)
        if node.kind in WEIGHTED and not is_reached:
            found.add(id(node))
        if node.kind in WEIGHTED or is_reached:
            reached.update(id(value) for value in way_out if value is not None)
    return found
