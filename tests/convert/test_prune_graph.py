"""Pruning a model of the converter's graph: which layers, how much, and what it costs."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnz.convert.calibration import load_samples, model_inputs
from nnz.convert.importer import import_model
from nnz.convert.load import load
from nnz.convert.prune import grouped, prune_graph
from nnz.convert.prune.select import select_layers
from nnz.convert.statistics import collect_statistics

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"


@pytest.fixture(scope="module")
def digits():
    source = load(DIGITS / "digits.onnx")
    samples = load_samples(DIGITS / "digits.npz", model_inputs(source.model), samples=slice(200))
    return source.model, samples


def statistics_of(model, samples):
    outputs = [node.origin.output for node in import_model(model).weighted()]
    return collect_statistics(model, samples, outputs)


def with_weights_of(graph, model):
    """`model` with the weights and biases of `graph`."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    constants = {i.name: i for i in result.graph.initializer}
    nodes = {node.output[0]: node for node in result.graph.node}
    for node in graph.weighted():
        constants[node.origin.weight].CopyFrom(
            numpy_helper.from_array(node.origin.restore(node.inputs[1].data).astype(np.float32), node.origin.weight)
        )
        if node.bias is not None:
            name = f"{node.origin.output}.bias"
            result.graph.initializer.append(numpy_helper.from_array(node.bias, name))
            nodes[node.origin.output].input[2:] = [name]
    return result


def outputs_of(model, samples):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (name, values), *_ = samples.items()
    return np.concatenate([session.run(None, {name: x})[0] for x in values])


def accuracy(model, samples, labels):
    return 100 * np.mean(outputs_of(model, samples).argmax(1) == labels)


def sparsity(nodes):
    zeros = sum(np.count_nonzero(node.weight == 0) for node in nodes)
    return zeros / sum(node.weight.size for node in nodes)


def test_first_last_and_depthwise_layers_are_left_alone(digits):
    reasons = [(node.name, reason) for node, reason in select_layers(import_model(digits[0]))]
    assert len(reasons) == 9
    excluded = {reason: name for name, reason in reasons if reason}
    assert excluded.keys() == {"first layer", "depthwise", "last layer"}
    assert "stem" in excluded["first layer"]
    assert "depthwise" in excluded["depthwise"]
    assert "classify" in excluded["last layer"]
    assert sum(reason is None for _, reason in reasons) == 6


def test_expressions_choose_layers(digits):
    graph = import_model(digits[0])

    def chosen(**options):
        return {node.name for node, reason in select_layers(graph, **options) if reason is None}

    names = {node.name for node in graph.weighted()}
    assert chosen(include="stem|classify") - chosen() == {n for n in names if "stem" in n or "classify" in n}
    assert chosen() - chosen(exclude="hidden") == {n for n in names if "hidden" in n}
    assert chosen(include="stem", exclude="stem|hidden") == chosen(exclude="hidden")
    with pytest.raises(ValueError, match=r"--include zzz: matches no layer; there are .*stem"):
        chosen(include="zzz")
    with pytest.raises(ValueError, match=r"--exclude \(: not a regular expression"):
        chosen(exclude="(")
    with pytest.raises(ValueError, match=r"--include \[.stem.\]: not a regular expression"):
        chosen(include=["stem"])


@pytest.mark.parametrize("pattern", ["unstructured", "4x1", "1x4", "8x1", "auto"])
@pytest.mark.parametrize("compete", [False, True])
def test_the_selected_layers_get_the_sparsity_asked_for(digits, pattern, compete):
    model, samples = digits
    graph = import_model(model)
    before = {id(node): node.weight.copy() for node in graph.weighted()}
    layers = prune_graph(
        graph, 0.8, pattern=pattern, statistics=statistics_of(model, samples), compete=compete, target="avx2"
    )
    assert [layer.node for layer in layers] == graph.weighted()
    pruned = [layer.node for layer in layers if layer.excluded is None]
    assert sparsity(pruned) == pytest.approx(0.8, abs=0.002)
    assert all(np.count_nonzero(node.weight) for node in pruned)
    for layer in layers:
        assert (layer.pattern == "none") == (layer.excluded is not None)
        changed = layer.node.weight != before[id(layer.node)]
        assert not changed.any() if layer.excluded else np.all(layer.node.weight[changed] == 0)


def test_n_of_m_says_the_sparsity_itself(digits):
    model, samples = digits
    graph = import_model(model)
    layers = prune_graph(graph, None, pattern="2:4", statistics=statistics_of(model, samples))
    for layer in layers:
        if layer.excluded is None:
            weights = grouped(layer.node)
            fours = weights.reshape(*weights.shape[:2], -1, 4, weights.shape[3])
            assert np.count_nonzero(fours, axis=3).max() == 2
    with pytest.raises(ValueError, match=r"2:4 means a sparsity of 0\.5, not 0\.9"):
        prune_graph(graph, 0.9, pattern="2:4", method="magnitude")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": 1.0}, "sparsity 1.0: expected at least 0 and below 1"),
        ({"sparsity": None}, "sparsity None"),
        ({"method": "guess"}, "unknown method 'guess': expected magnitude or wanda"),
        ({"method": "wanda"}, "needs calibration data: give --calibration"),
        ({"exclude": ""}, "no layer to prune: .*--include"),
        (
            {"pattern": "auto", "target": "abacus"},
            r"no cost profile 'abacus': expected host, avx2, .*, scalar",
        ),
    ],
)
def test_what_cannot_be_done_is_an_error(digits, options, message):
    with pytest.raises(ValueError, match=message):
        prune_graph(import_model(digits[0]), **{"sparsity": 0.5, "method": "magnitude", **options})


def test_every_output_keeps_its_mean(digits):
    """The statistics of the first pruned layer are exact: nothing before it changed."""
    model, samples = digits
    graph = import_model(model)
    node = next(node for node, reason in select_layers(graph) if reason is None)
    others = "|".join(f"^{other.name}$" for other in graph.weighted() if other is not node)
    prune_graph(graph, 0.7, pattern="unstructured", statistics=statistics_of(model, samples), exclude=others)

    def means(proto):
        exposed = onnx.ModelProto()
        exposed.CopyFrom(proto)
        exposed.graph.output.insert(0, helper.make_tensor_value_info(node.origin.output, TensorProto.FLOAT, None))
        return outputs_of(exposed, samples).mean((0, 2, 3))

    dense, pruned = means(model), means(with_weights_of(graph, model))
    np.testing.assert_allclose(pruned, dense, atol=1e-4 * np.abs(dense).max())


def test_inputs_that_never_change_cost_nothing():
    """Weights on a constant input go first, and the bias makes up for them exactly."""
    rng = np.random.default_rng(0)
    samples = {"x": rng.standard_normal((50, 1, 8)).astype(np.float32)}
    samples["x"][:, :, 4:] = 5
    arrays = {"a": np.eye(8), "b": rng.standard_normal((8, 6)), "c": rng.standard_normal((6, 3))}
    nodes = [helper.make_node("MatMul", [i, w], [o]) for i, w, o in (("x", "a", "h"), ("h", "b", "g"), ("g", "c", "y"))]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 8]), ("y", [1, 3]))]
    constants = [numpy_helper.from_array(a.astype(np.float32), name) for name, a in arrays.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "g", ports[:1], ports[1:], constants),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    graph = import_model(model)
    prune_graph(graph, 0.5, pattern="unstructured", statistics=statistics_of(model, samples))
    node = graph.weighted()[1]
    assert np.all(node.weight[:, 4:] == 0) and np.all(node.weight[:, :4] != 0)
    np.testing.assert_allclose(node.bias, 5 * arrays["b"][4:].sum(0), rtol=1e-5)


def test_the_sample_keeps_its_accuracy(digits):
    model, samples = digits
    test = load_samples(DIGITS / "digits.npz", model_inputs(model), samples=slice(200, None))
    labels = np.load(DIGITS / "digits.npz")["labels"][200:]
    graph = import_model(model)
    prune_graph(graph, 0.9, pattern="4x1", statistics=statistics_of(model, samples), compete=True)
    dense = accuracy(model, test, labels)
    assert dense > 98
    assert accuracy(with_weights_of(graph, model), test, labels) > dense - 2


def test_half_of_a_keyword_spotter_costs_at_most_13_points(shared_directory):
    source = load(shared_directory / "models" / "armkws_DS_CNN_S.onnx")
    inputs = model_inputs(source.model)
    data = shared_directory / "data" / "kws_features.npz"
    keys = {inputs[0].name: "arm_mfcc_49x10"}
    samples = load_samples(data, inputs, keys, slice(200))
    test = load_samples(data, inputs, keys, slice(200, None))
    labels = np.load(data)["arm_label"][200:]
    statistics = statistics_of(source.model, samples)
    found = {}
    for method, known in (("wanda", statistics), ("magnitude", None)):
        graph = import_model(source.model)
        layers = prune_graph(graph, 0.5, pattern="unstructured", method=method, statistics=known)
        assert sparsity([layer.node for layer in layers if not layer.excluded]) == pytest.approx(0.5, abs=0.001)
        found[method] = accuracy(with_weights_of(graph, source.model), test, labels)
    dense = accuracy(source.model, test, labels)
    assert dense == pytest.approx(87.2, abs=0.5)
    assert found["wanda"] >= dense - 13
    assert found["magnitude"] < found["wanda"] - 10
