"""The command line as a user types it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnz
from command import cli
from nnz import format
from small_models import MODELS

ROOT = Path(__file__).resolve().parent.parent
DIGITS = ROOT / "examples" / "digits"
VERBS = ("convert", "check", "inspect", "run", "bench", "compare", "pack", "unpack", "info")


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    """The carried sample, pruned."""
    pytest.importorskip("onnxruntime")
    path = tmp_path_factory.mktemp("digits") / "digits.nnz"
    cli("convert", DIGITS / "digits.onnx", "-o", path, "--sparsity", 0.5, "--calibration", DIGITS / "digits.npz")
    return path


def test_version():
    assert cli("--version").stdout == f"nnz {nnz.__version__}\n"


def test_help_lists_the_verbs_and_each_has_examples():
    text = cli("--help").stdout
    for verb in VERBS:
        assert re.search(rf"^  {verb} ", text, re.MULTILINE)
        own = cli(verb, "--help").stdout
        assert f"nnz {verb}" in own and "examples:" in own


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: VERB"),
        (["dance"], "invalid choice: 'dance'"),
        (["run", "model.nnz", "--bogus"], "unrecognized arguments: --bogus"),
        (["run", "no-such.nnz"], "cannot read 'no-such.nnz': No such file"),
        (["inspect", "no-such.nnz"], "nnz: error: no-such.nnz: No such file"),
        (["bench", __file__], "not a .nnz file"),
        (["bench"], "either a .nnz file to time, or --profile-out FILE.json"),
        (["bench", "m.nnz", "--profile-out", "mine.json"], "either a .nnz file to time, or --profile-out FILE.json"),
        (["bench", "m.nnz", "--runs", "0"], "--runs must be at least 1"),
        (["convert", "m.onnx", "--sparsity", "1.5"], "--sparsity is 1.5: expected 0 to below 1"),
        (["convert", "m.onnx", "--sparsity", "0.5", "--keep"], "not allowed with"),
        (["convert", "m.onnx", "--pattern", "4x1"], "--pattern does nothing without --sparsity"),
        (["convert", "m.onnx", "--samples", ":200"], "--samples does nothing without --calibration"),
        (["convert", "m.onnx", "--range", "mse"], "--range does nothing without --quantize"),
        (["convert", "m.onnx", "--shape", "x=1xN"], "--shape x=1xN: expected NAME=1x3x224x224"),
        (["compare", "m.onnx", "m.nnz", "--data", "d.npz", "--samples", "5"], "'5' is not A:B"),
    ],
)
def test_wrong_usage_is_one_line_and_2(arguments, message):
    done = cli(*arguments, code=2)
    assert done.stderr.startswith("nnz: error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr


def test_info():
    info = json.loads(cli("info", "--json", NNZ_CPU="scalar").stdout)
    assert info["version"] == nnz.__version__ and info["isa"] == "scalar"
    assert info["kernels"]["conv rb4"] == "spmm_f32_rb4_scalar"
    assert info["kernels"]["qfc q8x4"] == "matvec_s8_q8x4_scalar"
    assert info["levels"][0] == "scalar" and info["levels"][-1] == info["cpu_isa"]
    text = cli("info", NNZ_CPU="").stdout
    assert f"NNZ_CPU may be {', '.join(info['levels'])}" in text and "spmm_f32_rb4" in text
    assert "expected one of scalar" in cli("info", code=2, NNZ_CPU="mmx").stderr


def test_run_takes_arrays_and_gives_them(conv, tmp_path):
    session = nnz.Session(conv)
    x = np.random.default_rng(0).standard_normal(session.inputs[0].shape).astype(np.float32)
    y = session.run({"x": x})["y0"]
    np.save(tmp_path / "x.npy", x[0])
    np.savez(tmp_path / "x.npz", x=x)
    for given in (f"x={tmp_path / 'x.npy'}", tmp_path / "x.npy", tmp_path / "x.npz"):
        text = cli("run", conv, "--input", given, "--output", tmp_path / "y.npz", "--threads", 2).stdout
        with np.load(tmp_path / "y.npz") as result:
            assert result.files == ["y0"] and np.array_equal(result["y0"], y)
        assert text.splitlines()[1].split()[:2] == ["y0", "float32"]
    printed = json.loads(cli("run", conv, "-i", tmp_path / "x.npy", "--json").stdout)
    assert np.array_equal(np.array(printed["y0"]["values"], np.float32), y)


def test_run_says_what_is_wrong_with_inputs(conv, tmp_path):
    assert "input 'x' is missing" in cli("run", conv, code=2).stderr
    np.save(tmp_path / "x.npy", np.zeros((3, 3), np.float32))
    assert "has shape [3, 3]: expected" in cli("run", conv, "-i", tmp_path / "x.npy", code=2).stderr
    x = np.zeros(nnz.Session(conv).inputs[0].shape, np.float32)
    np.savez(tmp_path / "both.npz", x=x, z=x)
    assert "there is no input 'z'" in cli("run", conv, "-i", tmp_path / "both.npz", code=2).stderr


def test_json_has_no_nan(tmp_path):
    """Python alone would read what it writes for them."""
    dims = (1, 4)
    model = format.Model(
        [format.Tensor(np.float32, dims), format.Tensor(np.float32, dims)],
        [],
        [format.Op("unary", [0], [1], activation="log")],
        [format.plain_port("x", 0, dims)],
        [format.plain_port("y", 1, dims)],
    )
    format.save(model, tmp_path / "log.nnz")
    np.save(tmp_path / "x.npy", np.array([[-1, 0, 1, np.inf]], np.float32))
    text = cli("run", tmp_path / "log.nnz", "-i", tmp_path / "x.npy", "--json").stdout
    assert json.loads(text, parse_constant=pytest.fail)["y"]["values"] == [[None, None, 0.0, None]]


def test_names_of_a_file_do_not_command_the_terminal(tmp_path):
    model = MODELS["fc_u1"]()
    model.ops[0].name, model.outputs[0].name = "a\x1b[2Jb", "y\x07"
    format.save(model, tmp_path / "m.nnz")
    text = cli("inspect", tmp_path / "m.nnz", "--ops").stdout
    assert "a\\x1b[2Jb" in text and "y\\x07" in text and "\x1b" not in text


def test_files_are_written_whole_or_not_at_all(conv, tmp_path):
    """What cannot be written is named, and nothing is left of it."""
    message = cli("pack", conv, "-o", tmp_path / "none" / "m.nnzp", code=2).stderr
    assert f"{tmp_path / 'none' / 'm.nnzp'}: there is no folder {tmp_path / 'none'}: make it first" in message
    (tmp_path / "folder").mkdir()
    message = cli("pack", conv, "-o", tmp_path / "folder", code=2).stderr
    assert f"{tmp_path / 'folder'}: is a folder: name a file in it" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conv.nnz", "folder"]


def test_where_to_write_is_asked_before_long_work(tmp_path):
    missing = tmp_path / "none"
    assert f"there is no folder {missing}" in cli("bench", "--profile-out", missing / "p.json", code=2).stderr
    pytest.importorskip("onnxruntime")
    for options in (["-o", missing / "m.nnz"], ["-o", tmp_path / "m.nnz", "--save-onnx", missing / "m.onnx"]):
        # Calibration data that are not there would be the next error.
        arguments = [DIGITS / "digits.onnx", *options, "--calibration", missing / "data.npz"]
        assert f"there is no folder {missing}" in cli("convert", *arguments, code=2).stderr


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-30],
        lambda b: b.replace(b"\0\0\x80?", b"\0\0\0@"),
        lambda b: b.replace(b"'<f4'", b"'<f4("),
        lambda b: b"",
    ],
    ids=["cut", "changed", "header", "empty"],
)
def test_damaged_arrays(conv, tmp_path, damage):
    x = np.ones(nnz.Session(conv).inputs[0].shape, np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    bad = damage((tmp_path / "x.npz").read_bytes())
    assert bad != (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(bad)
    assert "x.npz: not a .npy or .npz file of numbers" in cli("run", conv, "-i", tmp_path / "x.npz", code=2).stderr


def test_what_is_no_array_file_is_told_without_pickles(conv, tmp_path):
    """numpy says how to allow them, and has no other name for a file that it does not know."""
    (tmp_path / "x.npz").write_text("1,2,3")
    np.save(tmp_path / "x.npy", np.array([None]), allow_pickle=True)
    for name in ("x.npz", "x.npy"):
        message = cli("run", conv, "-i", tmp_path / name, code=2).stderr
        assert f"{name}: not a .npy or .npz file of numbers: numpy.savez" in message and "pickle" not in message


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect"],
        ["inspect", "--json"],
        ["run"],
        ["bench"],
        ["pack"],
        ["unpack"],
        ["embed", "--out", "c", "--isa", "scalar"],
    ],
    ids=" ".join,
)
def test_a_damaged_model_is_named(conv, tmp_path, arguments):
    content = conv.read_bytes()
    bad = format.pack(content)[:-1] if arguments == ["unpack"] else content[:200] + b"?" + content[201:]
    path = tmp_path / "bad.nnzp"
    path.write_bytes(bad)
    message = cli(arguments[0], path, *arguments[1:], code=2).stderr
    assert message.startswith(f"nnz: error: {path}: ") and message.count(str(path)) == 1


def test_bench(conv):
    result = json.loads(cli("bench", conv, "--runs", 20, "--warmup", 1, "--json", "--per-op").stdout)
    assert result["runs"] == 20 and 0 < result["min"] <= result["median"] <= result["p99"]
    seconds = [op["seconds"] for op in result["ops"]]
    assert seconds == sorted(seconds, reverse=True)
    assert sum(seconds) < 2 * result["p99"] + 1e-3
    lines = cli("bench", conv, "--runs", 20, "--per-op").stdout.splitlines()
    assert re.match(r"min [\d.]+ ms  median [\d.]+ ms  p99 [\d.]+ ms", lines[1])
    shares = [float(line.split()[-2]) for line in lines[4:]]
    assert shares == sorted(shares, reverse=True) and abs(sum(shares) - 100) < 1


def test_convert_reports_what_it_did(digits):
    report = format.read(digits.read_bytes()).report
    assert report["sparsity"]["selected"] == pytest.approx(0.5, abs=0.02)
    text = cli("inspect", digits).stdout
    assert "not pruned: first layer" in text and "sparsity: 50" in text
    (error,) = report["error"].values()
    assert f"max {error['max']:.2e}" in text


def test_convert_stores_weights_in_fewer_bits(tmp_path):
    pytest.importorskip("onnxruntime")
    path = tmp_path / "digits.nnz"
    arguments = ["convert", DIGITS / "digits.onnx", "-o", path, "--weights", "int4", "--group", 64, "--target", "avx2"]
    report = json.loads(cli(*arguments, "--calibration", DIGITS / "digits.npz", "--samples", ":8", "--json").stdout)
    assert "scaled4" in {layer["dtype"] for layer in report["layers"]}
    assert path.stat().st_size < 0.2 * (DIGITS / "digits.onnx").stat().st_size
    text = cli("inspect", path).stdout
    assert "scaled4" in text and "SNR of weights" in text
    both = [*arguments, "--quantize", "int8", "--calibration", DIGITS / "digits.npz"]
    assert "give one of the two" in cli(*both, code=2).stderr


def test_inspect_and_check_an_onnx_model():
    pytest.importorskip("onnxruntime")
    d = json.loads(cli("inspect", DIGITS / "digits.onnx", "--json").stdout)
    assert d["layers"] and d["macs"]["dense"] > 0
    assert "MACs: " in cli("inspect", DIGITS / "digits.onnx").stdout
    checked = json.loads(cli("check", DIGITS / "digits.onnx", "--json").stdout)
    assert len(checked["layers"]) == len(d["layers"])
    assert "can be converted" in cli("check", DIGITS / "digits.onnx").stdout


def test_check_names_every_unsupported_operator(tmp_path):
    onnx = pytest.importorskip("onnx")
    nodes = [onnx.helper.make_node(kind, ["x"], [kind], name=f"a {kind}") for kind in ("Det", "Relu", "NonZero")]
    ports = [[onnx.helper.make_tensor_value_info(n, 1, shape)] for n, shape in (("x", [2, 2]), ("Relu", [2, 2]))]
    ports[1] += [
        onnx.helper.make_tensor_value_info("Det", 1, []),
        onnx.helper.make_tensor_value_info("NonZero", 7, [2, "n"]),
    ]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", *ports))
    onnx.save(model, tmp_path / "m.onnx")
    message = cli("check", tmp_path / "m.onnx", code=1).stderr
    assert "Det 'a Det'" in message and "NonZero 'a NonZero'" in message and "Relu 'a Relu'" not in message
    result = json.loads(cli("check", tmp_path / "m.onnx", "--json", code=1).stdout)
    assert {problem["operator"] for problem in result["unsupported"]} == {"Det", "NonZero"}
    assert "Relu" in result["supported"]
    cli("convert", tmp_path / "m.onnx", code=1)
    assert not (tmp_path / "m.nnz").exists()


def test_compare_gives_errors_agreement_and_accuracy(digits, tmp_path):
    data = DIGITS / "digits.npz"
    arguments = ["compare", DIGITS / "digits.onnx", digits, "--data", data, "--labels", "labels", "--samples", ":300"]
    result = json.loads(cli(*arguments, "--json").stdout)
    (output,) = result["outputs"]
    assert result["samples"] == 300 and not result["failed"]
    assert 0 < output["mean_error"] < output["max_error"]
    assert output["onnx_accuracy"] > 0.9
    assert abs(output["onnx_accuracy"] - output["nnz_accuracy"]) <= 1 - output["top1_agreement"] + 1e-9
    assert "top-1 agreement" in cli(*arguments).stdout
    failed = cli(*arguments, "--max-error", 1e-6, code=1)
    assert "FAILED" in failed.stdout
    exact = tmp_path / "exact.nnz"
    cli("convert", DIGITS / "digits.onnx", "-o", exact)
    cli("compare", DIGITS / "digits.onnx", exact, "--data", data, "--max-error", 1e-4)
    assert "no array 'nope' of labels" in cli(*arguments[:-3], "nope", code=2).stderr


def test_a_missing_extra_names_its_pip_line(conv, tmp_path):
    """The converters' packages are hidden; what needs numpy alone still works."""
    blocked = "\n".join(f"sys.modules[{name!r}] = None" for name in ("onnx", "onnxruntime", "scipy", "rich"))
    (tmp_path / "sitecustomize.py").write_text(f"import sys\n{blocked}\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    message = cli("convert", DIGITS / "digits.onnx", code=2, PYTHONPATH=path).stderr
    assert 'pip install "nnzrt[convert]"' in message and message.count("\n") == 1
    cli("inspect", conv, PYTHONPATH=path)
    cli("bench", conv, "--runs", 1, PYTHONPATH=path)


def test_the_reader_of_our_output_may_leave(conv):
    done = subprocess.run(
        f"'{sys.executable}' -m nnz.cli inspect '{conv}' --json | true", shell=True, capture_output=True, text=True
    )
    assert done.stderr == ""


def test_packing_and_unpacking(conv, tmp_path):
    done = json.loads(cli("pack", conv, "--json").stdout)
    packed = conv.with_suffix(".nnzp")
    assert done == {"file": str(packed), "bytes": conv.stat().st_size, "packed_bytes": packed.stat().st_size}
    assert packed.read_bytes() == format.pack(conv.read_bytes())
    back = tmp_path / "back.nnz"
    assert str(back) in cli("unpack", packed, "-o", back).stdout
    assert back.read_bytes() == conv.read_bytes()
    assert "packed already" in cli("pack", packed, code=2).stderr
    assert "is not packed" in cli("unpack", conv, code=2).stderr
    assert "written over" in cli("unpack", packed, "-o", packed, code=2).stderr
    packed.write_bytes(packed.read_bytes()[:-1])
    assert "header says" in cli("unpack", packed, "-o", back, code=2).stderr


def test_conversion_into_a_packed_file(tmp_path):
    pytest.importorskip("onnxruntime")
    paths = tmp_path / "digits.nnz", tmp_path / "digits.nnzp"
    cli("convert", DIGITS / "digits.onnx", "-o", paths[0], "--sparsity", 0.5)
    cli("convert", DIGITS / "digits.onnx", "-o", paths[1], "--sparsity", 0.5, "--pack")
    assert paths[1].stat().st_size < paths[0].stat().st_size
    assert format.unpack(paths[1].read_bytes()) == paths[0].read_bytes()
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 8, 8), np.float32))
    outputs = [cli("run", path, "-i", tmp_path / "x.npy", "--json").stdout for path in paths]
    assert outputs[0] == outputs[1]
