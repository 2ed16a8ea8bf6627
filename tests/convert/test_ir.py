"""The converter's graph by itself."""

from itertools import pairwise

from nnz.convert.ir import Graph, Node, Port, Value


def chain(n):
    values = [Value(f"v{i}", (1, 2)) for i in range(n + 1)]
    nodes = [Node("unary", [x], [y], {}, y.name) for x, y in pairwise(values)]
    return Graph([Port("x", values[0])], [Port("y", values[-1])], nodes), values


def test_producers_are_found_in_any_order_and_while_the_graph_changes():
    graph, values = chain(50)
    for i in (*range(50), *reversed(range(50)), 40, 3, 49, 0, 25):
        assert graph.producer(values[i + 1]).name == f"v{i + 1}"
    assert graph.producer(values[0]) is None and graph.producer(None) is None
    assert graph.producer(values[50]) is graph.nodes[49]
    for node in graph.nodes[10:]:
        graph.remove(node)
    assert graph.producer(values[50]) is None and graph.producer(values[10]) is graph.nodes[9]
    graph.nodes[0].outputs[0] = values[30]
    assert graph.producer(values[30]) is graph.nodes[0] and graph.producer(values[1]) is None
    graph.nodes.clear()
    assert graph.producer(values[5]) is None
