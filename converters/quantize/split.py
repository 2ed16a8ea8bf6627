"""Takes apart what the float passes have fused and int8 computes in steps: residuals, and functions other than clip.

Each step rounds its result, so that each needs a value, with a range, of its own.
"""

from __future__ import annotations

from ..ir import Graph, Node, Value


def split_steps(graph: Graph) -> None:
    for node in graph.weighted():
        _, _, _, residual, slope = node.inputs
        if slope is not None:
            continue
        if residual is not None:
            node.inputs[3] = None
            _behind(graph, node, "binary", [residual], function="add")
        elif node.activation not in ("none", "clip"):
            _behind(graph, node, "unary", [])
    for node in [node for node in graph.nodes if node.kind in ("binary", "pool", "reduce")]:
        if node.activation not in ("none", "clip"):
            _behind(graph, node, "unary", [])


def _behind(graph: Graph, node: Node, kind: str, others: list[Value], **attrs) -> None:
    """A node that takes the activation, and further operands, off `node`."""
    product = Value(f"{node.y.name}.{node.kind}", node.y.shape, node.y.dtype)
    step = Node(kind, [product, *others], [node.y], attrs, node.name, node.activation, node.act)
    node.outputs, node.activation, node.act = [product], "none", (0.0, 0.0)
    graph.insert_after(step, node)
