"""ONNX files that are damaged, contradict themselves or ask for too much: refused by name, without much memory."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_builder import Onnx

import nnz
from nnz.convert import ConvertError, convert
from nnz.convert.importer import import_model


def with_input(*shape, kind=TensorProto.FLOAT):
    """y = relu(x)"""
    ports = [helper.make_tensor_value_info(name, kind, shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ports[:1], ports[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def with_constant(dims, kind, data):
    """y = x + w"""
    model = with_input(1, 8)
    model.graph.node[0].CopyFrom(helper.make_node("Add", ["x", "w"], ["y"]))
    model.graph.initializer.append(TensorProto(name="w", dims=dims, data_type=kind, raw_data=data))
    return model


def with_external(location, offset="0", length="32"):
    model = with_constant([8], TensorProto.FLOAT, b"")
    (constant,) = model.graph.initializer
    constant.ClearField("raw_data")
    constant.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        constant.external_data.add(key=key, value=value)
    return model


def without_outputs():
    model = with_input(1, 8)
    del model.graph.output[:]
    return model


def outputs_nothing():
    """y = the dimensions 2 to 1 of x"""
    model = with_input(1, 8)
    model.graph.node[0].CopyFrom(helper.make_node("Shape", ["x"], ["y"], start=2, end=1))
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.INT64, [0]))
    return model


def sparse(*dims):
    model = with_constant([8], TensorProto.FLOAT, bytes(32))
    del model.graph.initializer[:]
    values, indices = (numpy_helper.from_array(np.zeros(1, t), n) for t, n in ((np.float32, "w"), (np.int64, "i")))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, dims))
    return model


def node(kind, *inputs, shape=(1, 4, 8, 8), **attributes):
    """y = kind(x, *inputs), of any size."""
    g = Onnx(17)
    model = g.model(g.op(kind, g.input(*shape), *inputs, **attributes))
    (y,) = model.graph.output
    y.CopyFrom(helper.make_tensor_value_info(y.name, TensorProto.FLOAT, [f"d{i}" for i in range(len(shape))]))
    return model


def constant(kind, *inputs):
    """y = x + the largest element of what `kind` makes of constants"""
    g = Onnx(17)
    total = g.op("ReduceMax", g.op("Cast", g.op(kind, *inputs), to=TensorProto.FLOAT), keepdims=0)
    return g.model(g.op("Add", g.input(1, 8), total))


def conv(**attributes):
    return node("Conv", np.ones((4, 4, 3, 3), np.float32), **attributes)


def ints(*values):
    return np.array(values, np.int64)


def contradicted(model):
    """Its output is of another shape than declared: what onnx infers of the others is not known."""
    dims = model.graph.output[0].type.tensor_type.shape.dim
    for dim in dims:
        dim.dim_value = 3
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (onnx.ModelProto(), "is not an ONNX model: it has no graph"),
        (with_input(1, 1 << 40), r"'x' has the shape \[1, 1099511627776\]: more than 2\^31 - 1 bytes"),
        (with_input(*[1] * 9), "input 'x' has 9 dimensions: 8 are supported"),
        (with_input(1, 8, kind=99), "input 'x' is of the unknown element type 99"),
        (with_input(1, 8, kind=TensorProto.DOUBLE), "input 'x' is float64: expected one of float32"),
        (without_outputs(), "the model has no output"),
        (with_constant([8], TensorProto.FLOAT, b"abc"), "not a valid ONNX model.*w.*too small"),
        (with_constant([1 << 40], TensorProto.FLOAT, b"abcd"), "not a valid ONNX model.*w.*too small"),
        (with_constant([8], 77, bytes(32)), "the constant 'w' cannot be read"),
        (sparse(1 << 20, 1 << 20), r"'w' has the shape \[1048576, 1048576\]: more than"),
        (conv(strides=[0, 1]), "Conv 'Conv_0': strides and dilations must be at least 1"),
        (conv(pads=[-1, 0, 0, 0]), "padding not negative"),
        (conv(pads=[1, 1, 1]), "Conv 'Conv_0': its attributes and inputs do not fit together"),
        (conv(strides=[1]), "Conv 'Conv_0': its attributes and inputs do not fit together"),
        (conv(kernel_shape=[5, 5]), r"a weight of shape \[4, 4, 3, 3\] has no kernel_shape \[5, 5\]"),
        (conv(auto_pad="ROUND"), "auto_pad 'ROUND' is unknown"),
        (conv(shape=(1, 4, 8)), "its attributes and inputs do not fit together"),
        (node("MatMul", np.ones((9, 3), np.float32), shape=(9, 8)), "a matrix of 9 rows does not fit"),
        (node("Squeeze", ints(1)), r"cannot be reshaped to \[1, 8, 8\]"),
        (node("Gather", ints(0, 99), axis=1), "there is no index 99 among 4"),
        (node("Softmax", axis=9), "there is no axis 9 among 4"),
        (node("ReduceMax", axes=[-5]), "there is no axis -5 among 4"),
        (node("Transpose", perm=[0, 0, 1, 2]), r"perm \[0, 0, 1, 2\] is no permutation of 4 axes"),
        (node("Slice", ints(0), ints(8), ints(1), ints(0)), "slice step cannot be zero"),
        (
            node("Expand", ints(1 << 21, 4, 8, 8)),
            r"Expand_0': its result has the shape .*2097152.*: more than",
        ),
        (contradicted(node("Pad", ints(*[0] * 7, 1 << 40), mode="edge")), "its result has the shape .*: more than"),
        (
            contradicted(node("Resize", None, None, ints(1, 4, 8, 1 << 40))),
            "its result has the shape .*: more than",
        ),
        (
            node("LayerNormalization", np.ones(8, np.float32), axis=(1 << 63) - 1),
            "LayerNormalization 'LayerNormalization_0': there is no axis 9223372036854775807",
        ),
        (
            node("Conv", *[np.ones((4, 4, 3, 3), np.float32)] * 2),
            r"a bias of shape \[4, 4, 3, 3\] does not fit 4 channels",
        ),
        (node("QuantizeLinear", np.float32(1e-40), np.int8(0)), "expected a finite number of at least 2\\^-126"),
        (outputs_nothing(), r"output 'y' has the empty shape \[0\]"),
        (node("Pad", ints(*[0] * 7, 1 << 40)), "'pad0_0' has the shape .*: more than"),
        (
            constant("ConstantOfShape", ints(1 << 20, 1 << 20)),
            "'constantofshape0_0' has the shape .*: more than",
        ),
        (constant("Tile", np.ones((1, 1), np.float32), ints(1 << 20, 1 << 20)), "'tile0_0' has the shape"),
        (constant("Range", *(np.int64(n) for n in (0, 1 << 40, 1))), "'range0_0' has the shape"),
    ],
)
def test_what_does_not_fit_is_named(model, message):
    with pytest.raises(ConvertError, match=message):
        convert(model, verify=False)


@pytest.mark.parametrize("location", ["/etc/passwd", "../w.bin", "link.bin", "none.bin", "."])
def test_constants_lie_in_files_beside_the_model(tmp_path, location):
    """Not elsewhere on the machine of whoever converts it, nor behind a link."""
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(32))
    (folder / "link.bin").symlink_to("../w.bin")
    (folder / "m.onnx").write_bytes(with_external(location).SerializeToString())
    with pytest.raises(ConvertError, match=r"m\.onnx is not an ONNX model: .*w"):
        convert(folder / "m.onnx", verify=False)


def test_a_model_that_onnxruntime_refuses(monkeypatch):
    model = with_input(1, 8)
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    with pytest.raises(ConvertError, match="onnxruntime cannot load the model"):
        convert(model)


def test_weights_that_are_not_finite_are_not_rounded():
    model = node("Conv", np.full((4, 4, 3, 3), np.inf, np.float32))
    with pytest.raises(ConvertError, match="'Conv_0' has weights that are NaN or infinite"):
        convert(model, weights="int8", verify=False)


def test_what_nothing_writes():
    model = with_input(1, 8)
    model.graph.node[0].input[0] = "z"
    with pytest.raises(ConvertError, match="Relu 'y' reads 'z', which nothing before it writes"):
        import_model(model)


def test_a_quotient_by_zero_is_what_it_is():
    model = convert(node("Div", np.float32(0)), verify=False).model
    session = nnz.Session(nnz.format.write(model))
    (y,) = session.run({"x0": np.ones((1, 4, 8, 8), np.float32)}).values()
    assert np.isposinf(y).all()


def test_single_numbers():
    result = convert(with_input())
    assert result.model.inputs[0].dims == () and result.report["error"]["y"]["max"] == 0
