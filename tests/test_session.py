"""nnz.Session: results, errors, threads."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nnz
from nnz import format
from nnz.encodings import encode


def product(rows: int = 24, cols: int = 40, pixels: int = 50, seed: int = 0) -> tuple[bytes, np.ndarray]:
    """A model y = relu(W x) over an NHWC-like input of [1, pixels, cols], and W."""
    weights = np.random.default_rng(seed).standard_normal((rows, cols)).astype(np.float32)
    x = format.Tensor(np.float32, (1, cols, pixels))
    y = format.Tensor(np.float32, (1, rows, pixels))
    model = format.Model(
        [x, y],
        [encode(weights, "u1")],
        [format.Op("conv", [0, None, None, None], [1], [0, *[1] * 6, *[0] * 4], "clip", (0.0, np.inf), name="product")],
        [format.Port("x", 0, (1, pixels, cols), (1, cols, pixels), (0, 1, cols))],
        [format.plain_port("y", 1, y.dims)],
    )
    return format.write(model), weights


def expected(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.maximum(weights @ x[0].T, 0)[None]


@pytest.fixture
def model() -> bytes:
    return product()[0]


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((1, 50, 40)).astype(np.float32)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_run_gives_the_product(x, threads):
    content, weights = product()
    session = nnz.Session(content, threads=threads)
    assert session.threads == threads
    np.testing.assert_allclose(session.run({"x": x})["y"], expected(weights, x), rtol=1e-5, atol=1e-5)


def test_any_number_of_threads_gives_the_same_bytes(x, model):
    results = [nnz.Session(model, threads=n).run({"x": x})["y"].tobytes() for n in (1, 2, 4)]
    assert results[0] == results[1] == results[2]


def test_a_model_is_a_path_or_bytes(tmp_path, x, model):
    path = tmp_path / "ümläut.nnz"
    path.write_bytes(model)
    results = [nnz.Session(m).run({"x": x})["y"] for m in (path, str(path), model, bytearray(model), memoryview(model))]
    assert all(np.array_equal(results[0], y) for y in results[1:])


def test_ports_are_described(model):
    session = nnz.Session(model)
    assert session.inputs == (nnz.Port("x", (1, 50, 40), np.dtype("float32"), 0.0, 0),)
    assert session.outputs == (nnz.Port("y", (1, 24, 50), np.dtype("float32"), 0.0, 0),)
    assert session.arena_bytes > (40 + 24) * 50 * 4
    assert "x: float32[1, 50, 40]" in repr(session)


def test_arrays_of_any_layout_are_accepted(x, model):
    session = nnz.Session(model)
    wanted = session.run({"x": x})["y"]
    backwards = np.ascontiguousarray(x[:, ::-1])[:, ::-1]
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.float32, offset=1).reshape(x.shape)
    for same in (np.asfortranarray(x), backwards, x.astype(">f4"), unaligned, memoryview(x)):
        assert np.array_equal(session.run({"x": same})["y"], wanted)


def test_out_is_written_in_place(x, model):
    session = nnz.Session(model)
    y = np.full((1, 24, 50), np.nan, np.float32)
    result = session.run({"x": x}, out={"y": y})
    assert result["y"] is y
    assert np.array_equal(y, session.run({"x": x})["y"])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x: {}, nnz.ArgumentError, "input 'x' is missing: the model takes 'x'"),
        (lambda x: {"x": x, "z": x}, nnz.ArgumentError, "no input 'z': the model has 'x'"),
        (lambda x: {"x": x[0]}, nnz.ArgumentError, r"input 'x' has shape \[50, 40\]: expected \[1, 50, 40\]"),
        (lambda x: {"x": x.astype(np.float64)}, nnz.DTypeError, "input 'x' is float64: expected float32"),
        (lambda x: {"x": "text"}, nnz.DTypeError, "input 'x' is <U4: expected float32"),
        (lambda x: x, nnz.DTypeError, "ndarray'>: expected a dict of arrays by name: 'x'"),
    ],
)
def test_wrong_inputs_say_what_was_expected(x, model, change, error, message):
    with pytest.raises(error, match=message):
        nnz.Session(model).run(change(x))


def readonly(y):
    y.flags.writeable = False
    return y


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda y: {"z": y}, nnz.ArgumentError, "no output 'z': the model has 'y'"),
        (lambda y: {"y": y[0]}, nnz.ArgumentError, r"output 'y' has shape \[24, 50\]"),
        (lambda y: {"y": y.astype(np.int32)}, nnz.DTypeError, "output 'y' is int32: expected float32"),
        (lambda y: {"y": np.asfortranarray(y)}, nnz.ArgumentError, "writeable, C-contiguous"),
        (lambda y: {"y": readonly(y)}, nnz.ArgumentError, "writeable, C-contiguous"),
        (lambda y: {"y": y.tolist()}, nnz.DTypeError, "expected a numpy array"),
        (lambda y: [y], nnz.DTypeError, "expected a dict"),
    ],
)
def test_wrong_outs_say_what_was_expected(x, model, change, error, message):
    with pytest.raises(error, match=message):
        nnz.Session(model).run({"x": x}, out=change(np.zeros((1, 24, 50), np.float32)))


def test_the_exceptions_are_those_one_would_expect(model, x, tmp_path):
    session = nnz.Session(model)
    with pytest.raises(ValueError):
        session.run({})
    with pytest.raises(TypeError):
        session.run({"x": x.astype(np.int8)})
    with pytest.raises(OSError, match=r"nothing\.nnz"):
        nnz.Session(tmp_path / "nothing.nnz")
    with pytest.raises(ValueError, match="threads"):
        nnz.Session(model, threads=65)
    bad = tmp_path / "bad.nnz"
    bad.write_bytes(model[:-64])
    with pytest.raises(nnz.FormatError, match=r"bad\.nnz: the header says"):
        nnz.Session(bad)


@pytest.mark.parametrize("threads", [-1, 65])
def test_threads_out_of_range(model, threads):
    with pytest.raises(nnz.ArgumentError, match=f"threads is {threads}: expected 1 to 64, or 0 for all CPUs"):
        nnz.Session(model, threads)


@pytest.mark.parametrize("path", [b"no-such-\xff.nnz", "ü" * 100, "aü" * 100])
def test_errors_are_text_whatever_the_path(path):
    """Where the message is cut, and where the path is not UTF-8."""
    with pytest.raises(nnz.FileError, match="cannot read"):
        nnz.Session(os.fsdecode(path))


def test_nnz_cpu_limits_the_kernels(model, x, monkeypatch):
    monkeypatch.setenv("NNZ_CPU", "scalar")
    session = nnz.Session(model)
    assert session.isa == "scalar"
    assert session.profile()[0].kernel.endswith("_scalar")
    scalar = session.run({"x": x})["y"]
    monkeypatch.delenv("NNZ_CPU")
    np.testing.assert_allclose(nnz.Session(model).run({"x": x})["y"], scalar, rtol=1e-5, atol=1e-5)
    monkeypatch.setenv("NNZ_CPU", "mmx")
    with pytest.raises(ValueError, match=r"NNZ_CPU is 'mmx': expected one of scalar, avx2"):
        nnz.Session(model)


def test_profile_counts_runs_and_time(model, x):
    session = nnz.Session(model)
    begin = time.perf_counter()
    for _ in range(5):
        session.run({"x": x})
    elapsed = time.perf_counter() - begin
    (op,) = session.profile()
    assert (op.name, op.kind, op.calls) == ("product", "conv", 5)
    assert op.kernel.startswith("spmm_f32_u1_")
    assert 0 < op.seconds < elapsed
    session.reset_profile()
    assert session.profile() == [op._replace(calls=0, seconds=0.0)]
    unprofiled = nnz.Session(model, profile=False)
    unprofiled.run({"x": x})
    assert unprofiled.profile()[0].seconds == 0


def test_time_measures_every_run(model, x):
    seconds = nnz.Session(model).time({"x": x}, 7)
    assert seconds.shape == (7,) and (seconds > 0).all()


def test_one_session_in_many_threads():
    """Runs take turns: each caller gets the result of its own input."""
    content, weights = product()
    session = nnz.Session(content, threads=2)
    inputs = [np.random.default_rng(i).standard_normal((1, 50, 40)).astype(np.float32) for i in range(8)]

    def repeat(x: np.ndarray) -> list[np.ndarray]:
        return [session.run({"x": x})["y"] for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        for x, results in zip(inputs, pool.map(repeat, inputs), strict=True):
            for y in results:
                np.testing.assert_allclose(y, expected(weights, x), rtol=1e-5, atol=1e-5)


def test_sessions_of_their_own_in_many_threads():
    def work(seed: int) -> None:
        content, weights = product(seed=seed)
        x = np.random.default_rng(seed).standard_normal((1, 50, 40)).astype(np.float32)
        for threads in (1, 2):
            y = nnz.Session(content, threads=threads).run({"x": x})["y"]
            np.testing.assert_allclose(y, expected(weights, x), rtol=1e-5, atol=1e-5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))


def test_the_interpreter_lock_is_released_during_a_run():
    content, _ = product(rows=1024, cols=1024, pixels=1024)
    session = nnz.Session(content, profile=False)
    x = np.zeros((1, 1024, 1024), np.float32)
    running, ticks = threading.Event(), 0

    def run() -> None:
        running.set()
        session.run({"x": x})
        running.clear()

    thread = threading.Thread(target=run)
    thread.start()
    running.wait()
    while running.is_set():
        ticks += 1
        time.sleep(0)
    thread.join()
    # With the lock held for the whole run, this loop would get no turn until the run is over.
    assert ticks > 10


def test_planning_takes_time_by_the_square_of_the_tensors_at_most():
    """2,000 of them live at once. By their third power it was 20 seconds, by their square a tenth of one."""
    n, dims = 2000, (1, 4, 4)
    model = format.Model([format.Tensor(np.float32, dims)], [], [], [format.plain_port("x", 0, dims)], [])
    pieces = []
    for i in range(n):
        model.tensors.append(format.Tensor(np.float32, dims))
        model.ops.append(format.Op("unary", [0], [i + 1], activation="neg"))
        pieces += [i, 1, 0, 16 * i, 16, 1, 1]
    model.tensors.append(format.Tensor(np.float32, (n, 4, 4)))
    model.ops.append(format.Op("copy", list(range(1, n + 1)), [n + 1], [0, 0, n, *pieces]))
    model.outputs.append(format.plain_port("y", n + 1, (n, 4, 4)))
    content, begin = format.write(model), time.process_time()
    session = nnz.Session(content)
    assert time.process_time() - begin < 5
    x = np.arange(16, dtype=np.float32).reshape(dims)
    assert np.array_equal(session.run({"x": x})["y"], np.repeat(-x, n, axis=0))
