"""Reading ONNX models: what is accepted, what is folded, what errors say."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_builder import Onnx, agree, kinds

from nnz.convert import ConvertError, ShapeError, UnsupportedError, convert
from nnz.convert.importer import import_model
from nnz.convert.load import load


def test_all_unsupported_operators_at_once():
    g = Onnx(17)
    x = g.input(1, 4, 6, 6)
    a = g.op("Relu", g.op("Cosh", x))
    b = g.op("MaxPool", g.op("LRN", a, size=3), kernel_shape=[2, 2])
    with pytest.raises(UnsupportedError) as caught:
        import_model(g.model(g.op("Sin", b)))
    assert [problem[:2] for problem in caught.value.problems] == [
        ("Cosh", "Cosh_0"),
        ("LRN", "LRN_2"),
        ("Sin", "Sin_4"),
    ]
    assert "LRN 'LRN_2': not supported" in str(caught.value) and "Supported: Abs, Add," in str(caught.value)


def test_attribute_without_counterpart_names_its_node():
    g = Onnx(18)
    x = g.input(1, 1, 6, 6)
    y = g.op("Resize", x, None, np.array([1, 1, 0.5, 0.5], np.float32), mode="linear", antialias=1)
    with pytest.raises(UnsupportedError, match="Resize 'Resize_0': antialias is not supported"):
        import_model(g.model(y))


def symbolic(*shape):
    g = Onnx()
    return g.model(g.op("Relu", g.input(*shape)))


def test_symbolic_first_dimension_is_one():
    assert load(symbolic("batch", 3, 4)).model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1


def test_other_symbolic_dimensions_name_the_option():
    with pytest.raises(ShapeError, match=r"'x0' has an unknown dimension \(axis 2, width\).*--shape x0=1x3xN"):
        load(symbolic("batch", 3, "width"))


def test_shape_given():
    model = convert(symbolic("batch", 3, "width"), shapes={"x0": (2, 3, 5)}, verify=False).model
    assert model.inputs[0].dims == (2, 3, 5)


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 3), (0, 3, 5)])
def test_shape_that_does_not_fit(shape):
    with pytest.raises(ShapeError, match=r"--shape x0=.*the model's shape is \?x3x\?"):
        load(symbolic("batch", 3, "width"), {"x0": shape})


def test_shape_of_no_input():
    with pytest.raises(ShapeError, match="no such input; its inputs are x0"):
        load(symbolic(1, 3), {"y": (1, 3)})


def test_input_without_shape():
    model = symbolic(1, 3)
    model.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ShapeError, match="'x0' has no shape"):
        load(model)


def test_missing_file(tmp_path):
    with pytest.raises(ConvertError, match="cannot be read"):
        load(tmp_path / "none.onnx")


def test_not_onnx(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"certainly not a model")
    with pytest.raises(ConvertError, match=r"bad\.onnx is not "):
        load(tmp_path / "bad.onnx")


@pytest.mark.parametrize("opset", [6, 999])
def test_opset_out_of_range(opset):
    model = symbolic(1, 3)
    model.opset_import[0].version = opset
    with pytest.raises(ConvertError, match=f"has opset {opset}; 7 to "):
        load(model)


def test_invalid_model():
    model = symbolic(1, 3)
    model.graph.node[0].input[0] = "nowhere"
    with pytest.raises(ConvertError, match="not a valid ONNX model"):
        load(model)


def test_unsupported_input_type():
    g = Onnx()
    with pytest.raises(ConvertError, match="input 'x0' is float64"):
        import_model(g.model(g.op("Relu", g.input(1, 3, dtype=TensorProto.DOUBLE))))


def test_initializers_listed_as_inputs():
    g = Onnx(9)
    model = g.model(g.op("Add", g.input(1, 3), g.normal(3)))
    model.graph.input.append(helper.make_tensor_value_info("c0", TensorProto.FLOAT, [3]))
    assert [port.name for port in convert(model).model.inputs] == ["x0"]


@pytest.mark.parametrize("flat", [False, True])
def test_sparse_initializer(flat):
    g = Onnx()
    dense = np.zeros((4, 6), np.float32)
    dense[1, 2], dense[3, 5] = 1.5, -2
    model = g.model(g.op("Identity", g.op("MatMul", g.input(1, 4), "weight")))
    indices = np.array([8, 23] if flat else [[1, 2], [3, 5]], np.int64)
    values = numpy_helper.from_array(dense[dense != 0], "weight")
    sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(indices, "indices"), [4, 6])
    model.graph.sparse_initializer.append(sparse)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("identity1_0", TensorProto.FLOAT, [1, 6]))
    result = convert(model)
    assert result.report["error"]["identity1_0"]["max"] < 1e-6
    assert result.report["layers"][0]["sparsity"] == pytest.approx(22 / 24)


def test_what_depends_on_shapes_alone_is_folded():
    g = Onnx()
    x = g.input(2, 3, 4, 5)
    shape = g.op("Shape", x)
    first = g.op("Unsqueeze", g.op("Gather", shape, np.array(0)), np.array([0]))
    rest = g.op("Cast", g.op("Cast", np.array([-1.0], np.float32), to=6), to=7)
    flat = g.op("Reshape", x, g.op("Concat", first, rest, axis=0))
    zeros = g.op("ConstantOfShape", g.op("Shape", flat), value=numpy_helper.from_array(np.array([0.5], np.float32)))
    assert kinds(agree(g.model(g.op("Add", flat, zeros)))) == ["binary"]


def test_dequantised_constants_are_folded():
    g = Onnx()
    weight = g.op("DequantizeLinear", np.arange(-6, 6, dtype=np.int8).reshape(4, 3), np.float32(0.1), np.int8(1))
    assert kinds(agree(g.model(g.op("MatMul", g.input(1, 4), weight)))) == ["fc"]


@pytest.mark.parametrize("condition", [True, False])
def test_branch_on_a_constant(condition):
    def branch(kind):
        output = helper.make_tensor_value_info(f"{kind}_out", TensorProto.FLOAT, [1, 3])
        return helper.make_graph([helper.make_node(kind, ["x0"], [f"{kind}_out"])], kind, [], [output])

    g = Onnx()
    g.input(1, 3)
    y = g.op("If", np.array(condition), then_branch=branch("Exp"), else_branch=branch("Tanh"))
    model = agree(g.model(y))
    assert [op.activation for op in model.ops] == ["exp" if condition else "tanh"]


def test_simplifier_that_fails(monkeypatch):
    import onnxslim

    def fail(model):
        raise RuntimeError("out of order")

    monkeypatch.setattr(onnxslim, "slim", fail)
    g = Onnx()
    result = convert(g.model(g.op("Relu", g.conv(g.input(1, 3, 4, 4), 4, 3))))
    assert "out of order" in result.report["notes"][0] and result.report["error"]["relu1_0"]["max"] < 1e-6


def test_simplifier_that_makes_what_cannot_be_imported(monkeypatch):
    import onnxslim

    def spoil(model):
        node = model.graph.node[-1]
        node.op_type = "Cosh"
        return model

    monkeypatch.setattr(onnxslim, "slim", spoil)
    g = Onnx()
    result = convert(g.model(g.op("Relu", g.conv(g.input(1, 3, 4, 4), 4, 3))))
    assert "cannot be imported" in result.report["notes"][0]


def test_constant_output():
    g = Onnx()
    x = g.input(1, 3)
    assert agree(g.model(g.op("Relu", x), g.op("Shape", x), g.op("Identity", g.normal(2, 2)))).outputs[1].dims == (2,)


def test_model_is_not_changed():
    model = symbolic("batch", 3)
    before = model.SerializeToString()
    convert(model)
    assert model.SerializeToString() == before
    assert isinstance(model, onnx.ModelProto)
