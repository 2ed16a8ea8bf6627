"""Reading calibration data."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nnz.convert.calibration import CalibrationError, Input, load_samples, model_inputs

FLOAT = np.dtype(np.float32)
X = Input("x", (1, 4, 6), FLOAT)


def save(path, **arrays):
    np.savez(path / "data.npz", **arrays)
    return path / "data.npz"


def test_arrays_are_found_by_the_inputs_name(tmp_path):
    path = save(tmp_path, x=np.arange(48.0).reshape(2, 1, 4, 6), y=np.ones((2, 3), np.int64), labels=np.zeros(2))
    data = load_samples(path, [X, Input("y", (1, 3), np.dtype(np.int64))])
    assert data["x"].shape == (2, 1, 4, 6) and data["x"].dtype == np.float32
    assert data["y"].tolist() == [[[1, 1, 1]]] * 2


@pytest.mark.parametrize("shape", [(5, 4, 6), (5, 1, 4, 6), (5, 1, 4, 1, 6)])
def test_unit_axes_are_added_and_removed(tmp_path, shape):
    values = np.random.default_rng(0).random(shape, np.float32)
    data = load_samples(save(tmp_path, x=values), [X])
    assert np.array_equal(data["x"], values.reshape(5, 1, 4, 6))


def test_a_single_input_takes_the_only_array_that_fits(tmp_path):
    path = save(tmp_path, features=np.ones((3, 4, 6), np.float32), labels=np.zeros(3))
    assert load_samples(path, [X])["x"].shape == (3, 1, 4, 6)


def test_samples_and_keys_select(tmp_path):
    path = save(tmp_path, a=np.arange(10.0)[:, None], b=-np.arange(10.0)[:, None])
    spec = Input("x", (1, 1), FLOAT)
    assert load_samples(path, [spec], keys={"x": "b"}, samples=slice(2, 4))["x"].ravel().tolist() == [-2, -3]


def test_integers_become_floats_but_not_the_other_way_round(tmp_path):
    path = save(tmp_path, x=np.full((2, 4, 6), 200, np.uint8))
    assert load_samples(path, [X])["x"].max() == 200.0
    with pytest.raises(CalibrationError, match="outside int8"):
        load_samples(path, [Input("x", (1, 4, 6), np.dtype(np.int8))])
    path = save(tmp_path, x=np.zeros((2, 4, 6)))
    with pytest.raises(CalibrationError, match=r"float64: input 'x' takes int8; quantise"):
        load_samples(path, [Input("x", (1, 4, 6), np.dtype(np.int8))])


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (
            {"a": np.ones((2, 4, 6)), "b": np.ones((2, 4, 6))},
            {},
            r"no array for input 'x'.*'b' \[2, 4, 6\].*--input-key",
        ),
        ({"a": np.ones((2, 4, 5))}, {}, r"'a' has shape \[2, 4, 5\]: expected .* each of shape \[1, 4, 6\]"),
        ({"x": np.float64(3)}, {}, r"shape \[\]"),
        ({"x": np.ones((2, 4, 6))}, {"keys": {"x": "z"}}, "no array 'z': there are 'x'"),
        ({"x": np.ones((2, 4, 6))}, {"keys": {"q": "x"}}, "no input 'q': the model has x"),
        ({"x": np.ones((2, 4, 6))}, {"samples": slice(5, 9)}, "no samples left"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, arrays, options, message):
    with pytest.raises(CalibrationError, match=message):
        load_samples(save(tmp_path, **arrays), [X], **options)


def test_inputs_have_the_same_number_of_samples(tmp_path):
    path = save(tmp_path, x=np.ones((2, 4, 6)), y=np.ones((3, 1)))
    with pytest.raises(CalibrationError, match="different numbers of samples"):
        load_samples(path, [X, Input("y", (1, 1), FLOAT)])


def test_a_file_that_is_no_npz_is_named(tmp_path):
    with pytest.raises(CalibrationError, match=r"missing\.npz: cannot be read"):
        load_samples(tmp_path / "missing.npz", [X])
    (tmp_path / "text.npz").write_text("not an archive")
    with pytest.raises(CalibrationError, match=r"text\.npz: not a .npy or .npz file"):
        load_samples(tmp_path / "text.npz", [X])


def test_an_npy_file_is_a_single_array(tmp_path):
    np.save(tmp_path / "one.npy", np.ones((2, 4, 6)))
    assert load_samples(tmp_path / "one.npy", [X])["x"].shape == (2, 1, 4, 6)


def test_arrays_are_as_those_of_a_file(tmp_path):
    arrays = {"a": np.arange(48.0).reshape(2, 4, 6), "labels": np.arange(2)}
    options = {"samples": slice(1, 2)}
    of_file = load_samples(save(tmp_path, **arrays), [X], **options)["x"]
    for data in (arrays, arrays["a"]):
        assert np.array_equal(load_samples(data, [X], **options)["x"], of_file)
    assert load_samples(arrays, [X], keys={"x": "a"})["x"].shape == (2, 1, 4, 6)
    with pytest.raises(CalibrationError, match=r"calibration: no array for input 'x'.*'labels' \[2\]"):
        load_samples(arrays, [X, Input("y", (1, 1), FLOAT)])


def test_inputs_of_a_model_leave_out_initializers_and_take_a_symbolic_batch_as_1():
    weight = onnx.numpy_helper.from_array(np.ones((3, 2), np.float32), "w")
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", ["N", 3]), ("w", [3, 2]))]
    graph = helper.make_graph(
        [node], "g", ports, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [weight]
    )
    assert model_inputs(helper.make_model(graph)) == [Input("x", (1, 3), FLOAT)]
    ports[0].type.tensor_type.shape.dim[1].dim_param = "T"
    graph = helper.make_graph(
        [node], "g", ports, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [weight]
    )
    with pytest.raises(CalibrationError, match=r"'x' has a symbolic dimension.*--shape"):
        model_inputs(helper.make_model(graph))
