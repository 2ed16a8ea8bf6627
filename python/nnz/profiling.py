"""Measures this CPU and fits the cost profile by which the converter chooses encodings (costs.py).

Each measurement is a model of a single operator with random weights, which lie in the cache for a convolution, where
they are used for every pixel, and come from behind the L2 cache for a fully connected layer, as they do behind the
rest of a model. Coefficients are fitted by least squares of the relative error, with none below zero.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

from . import _nnz
from .costs import CANDIDATES, TERMS, Stored, amounts, is_filtered, weight_type
from .encodings import block_shape, decode, encode
from .format import Matrix, Model, Op, Tensor, plain_port, signed, write
from .session import Session

# Layers as vision models have them: output channels, input channels, kernel, pixels along a side.
CONVOLUTIONS = (
    (64, 64, 1, 56), (256, 64, 1, 28), (64, 256, 1, 28), (256, 256, 1, 14), (512, 512, 1, 14), (2048, 512, 1, 7),
    (512, 2048, 1, 7), (64, 64, 3, 28), (128, 128, 3, 14), (128, 128, 3, 28), (512, 512, 3, 7),
    (64, 24, 5, 28), (128, 48, 5, 14), (64, 64, 1, 5), (24, 16, 1, 48),
    (32, 32, 3, 8), (96, 40, 1, 20), (512, 128, 1, 28), (1024, 512, 1, 7), (1000, 512, 1, 1), (20, 60, 1, 24),
)  # fmt: skip
VECTORS = (
    (128, 64), (32, 256), (96, 320), (128, 512), (256, 192), (320, 320), (512, 128), (640, 128), (192, 1024),
    (512, 512), (1000, 512), (1000, 1024), (1000, 2048), (2048, 2048),
)  # fmt: skip
DENSITIES = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05)
SWEEPS = 3  # over all layers, against passing load
RUNS = 8  # of each layer in a sweep; the best counts
PLACES = 12  # of cold weights in memory: from some the same kernel takes half as long again as from others
COLD_RUNS = 4  # from each of them; the best of all counts
COLD_BYTES = 8 << 20  # more than an L2 cache holds

Progress = Callable[[str, int, int], None]


def random_weights(
    rng: np.random.Generator, rows: int, cols: int, block: tuple[int, int], density: float
) -> np.ndarray:
    """Whole numbers that int8 holds, of [rows, cols], a share `density` of the blocks (rows, columns) not zero.

    They are distributed as trained weights are: in a fifth of the 1x4 blocks a pair could saturate a sum of 16 bits,
    which costs AVX2 more.
    """
    deviation = 47
    height, width = block
    keep = rng.random((-(-rows // height), -(-cols // width))) < density
    keep = keep.repeat(height, axis=0)[:rows].repeat(width, axis=1)[:, :cols]
    values = np.clip(np.rint(rng.normal(0, deviation, keep.shape)), -127, 127)
    return np.where(keep, np.where(values == 0, 1, values), 0)


@dataclass(frozen=True)
class Layer:
    """One thing to measure: `side` is 0 for a fully connected layer."""

    kind: str
    encoding: str
    rows: int
    channels: int
    kernel: int
    side: int
    density: float

    @property
    def pixels(self) -> int:
        return max(self.side * self.side, 1)

    @property
    def cols(self) -> int:
        return self.channels * self.kernel * self.kernel

    @property
    def filtered(self) -> bool:
        shape = (self.rows, self.channels, self.kernel, 1, self.side, self.side)
        return self.kind == "conv" and self.encoding == "dense" and is_filtered(*shape)

    def matrix(self, rng: np.random.Generator) -> Matrix:
        """Random weights of the layer's density in blocks as its encoding has them."""
        dtype = weight_type(self.kind)
        weights = random_weights(rng, self.rows, self.cols, block_shape(self.encoding, dtype), self.density)
        return encode(weights.astype(dtype), self.encoding)

    def model(self, matrix: Matrix) -> Model:
        """The layer with a bias and Relu."""
        image = (self.side, self.side) if self.side else ()
        x, y = ((1, n, *image) for n in (self.channels, self.rows))
        pad = self.kernel // 2
        window = [self.kernel, self.kernel, 1, 1, 1, 1, pad, pad, pad, pad] if self.side else []
        if weight_type(self.kind) == np.float32:
            tensors = [Tensor(np.float32, dims) for dims in (x, y)]
            tensors.append(Tensor(np.float32, (self.rows,), np.zeros(self.rows, np.float32)))
            absent = [None, None] if self.side else [None]
            op = Op(self.kind, [0, 2, *absent], [1], [0, *window], "clip", (0.0, np.inf))
        else:
            tensors = [Tensor(np.int8, dims, layout="planes4" if self.side else "plain") for dims in (x, y)]
            bias, multiplier = np.zeros(self.rows, np.int32), np.full(self.rows, 1 << 22, np.int32)
            tensors += [Tensor(np.int32, (self.rows,), data) for data in (bias, multiplier)]
            zero_x = [signed(-128)] if self.side else []
            requantize = [signed(-128), signed(-128), 127, 0]  # zero point, lo, hi, shift
            absent = [None, None] if self.side else []
            op = Op(self.kind, [0, 2, 3, *absent], [1], [0, *window, *zero_x, *requantize])
        return Model(tensors, [matrix], [op], [plain_port("x", 0, x)], [plain_port("y", 1, y)])


@dataclass(frozen=True)
class Measurement:
    kind: str
    encoding: str
    terms: tuple[float, ...]
    nanoseconds: float
    filtered: bool = False

    @classmethod
    def of(cls, layer: Layer, matrix: Matrix, nanoseconds: float) -> Measurement:
        stored = Stored.of(decode(matrix) != 0, layer.kind, layer.encoding)
        terms = amounts(layer.kind, layer.encoding, stored, layer.pixels)
        return cls(layer.kind, layer.encoding, terms, nanoseconds, layer.filtered)


def make_profile(progress: Progress) -> dict:
    """The profile of this CPU at the level that NNZ_CPU allows, as load_profile() reads it: about two minutes.

    progress(what, done, of how many) is called after each measurement.
    """
    grid = list(layers(CONVOLUTIONS, VECTORS, DENSITIES))
    return {"cpu": cpu_name(), "isa": _nnz.host_isa(), **fit(measure(grid, progress))}


def layers(
    convolutions: Iterable[tuple[int, int, int, int]], vectors: Iterable[tuple[int, int]], densities: Iterable[float]
) -> Iterator[Layer]:
    """Every kind of layer in every shape, encoding and, unless it is dense, density."""
    products = [(rows, cols, 1, 0) for rows, cols in vectors]
    for kind, encodings in CANDIDATES.items():
        for shape in convolutions if kind in ("conv", "qconv") else products:
            for encoding in encodings:
                for density in (1.0,) if encoding == "dense" else densities:
                    yield Layer(kind, encoding, *shape, density)


def measure(layers: list[Layer], progress: Progress) -> list[Measurement]:
    """The best time of each layer."""
    rng = np.random.default_rng(1)
    matrices = [layer.matrix(rng) for layer in layers]
    best = [np.inf] * len(layers)
    for sweep in range(SWEEPS):
        for i, (layer, matrix) in enumerate(zip(layers, matrices, strict=True)):
            best[i] = min(best[i], nanoseconds(layer, matrix))
            progress("measuring", sweep * len(layers) + i + 1, SWEEPS * len(layers))
    return list(map(Measurement.of, layers, matrices, best))


def nanoseconds(layer: Layer, matrix: Matrix) -> float:
    """Of the operator in the best of RUNS; of a fully connected layer in the best of COLD_RUNS of a copy in each of
    PLACES: how much of one lies in a cache that others share is chance, and would hide what encodings differ by.
    """
    file = write(layer.model(matrix))
    if layer.side:
        return _best(Session(file, profile=True), RUNS, cold=False)
    copies = [Session(file, profile=True) for _ in range(PLACES)]
    return min(_best(session, COLD_RUNS, cold=True) for session in copies)


def _best(session: Session, runs: int, cold: bool) -> float:
    """Nanoseconds of the only operator."""
    port = session.inputs[0]
    x = {port.name: np.random.default_rng(0).integers(-99, 99, port.shape).astype(port.dtype)}
    out = session.run(x)
    found = []
    for _ in range(runs):
        if cold:
            _cold_memory().fill(1)
        session.reset_profile()
        session.run(x, out)
        found.append(session.profile()[0].seconds)
    return min(found) * 1e9


@cache
def _cold_memory() -> np.ndarray:
    return np.zeros(COLD_BYTES, np.uint8)


def fit(measurements: list[Measurement]) -> dict:
    """Costs by kind and encoding, what minimal filtering takes of dense convolutions' (see Profile), and how far the
    predicted times are off, relative to the measured.
    """
    costs: dict[str, dict[str, dict[str, float]]] = {}
    error = {}
    for kind, encodings in CANDIDATES.items():
        costs[kind] = {}
        for encoding in encodings:
            chosen = [m for m in measurements if (m.kind, m.encoding, m.filtered) == (kind, encoding, False)]
            terms = np.array([m.terms for m in chosen])
            relative = terms / np.array([m.nanoseconds for m in chosen])[:, None]
            solution = _nonnegative(relative)
            costs[kind][encoding] = {
                name: float(f"{value:.4g}") for name, value in zip(TERMS[kind], solution, strict=True)
            }
            off = np.abs(relative @ solution - 1)
            error[f"{kind} {encoding}"] = {
                "median": round(float(np.median(off)), 3),
                "worst": round(float(off.max()), 3),
            }
    direct = list(costs["conv"]["dense"].values())
    shares = [m.nanoseconds / float(np.dot(m.terms, direct)) for m in measurements if m.filtered]
    return {"filtered": round(float(np.median(shares)), 3) if shares else 1.0, "costs": costs, "error": error}


def _nonnegative(a: np.ndarray) -> np.ndarray:
    """x >= 0 with the least |a x - 1|: the least squares solution over that subset of the columns, of all there are,
    whose own solution is positive and comes nearest.
    """
    scale = np.maximum(a.max(0), np.finfo(float).tiny)
    used = np.flatnonzero(a.any(0))
    best, nearest = np.zeros(a.shape[1]), np.inf
    for size in range(1, len(used) + 1):
        for subset in map(list, combinations(used, size)):
            x = np.linalg.lstsq(a[:, subset] / scale[subset], np.ones(len(a)), rcond=None)[0]
            distance = float(np.linalg.norm(a[:, subset] / scale[subset] @ x - 1))
            if x.min() >= 0 and distance < nearest:
                best, nearest = np.zeros(a.shape[1]), distance
                best[subset] = x / scale[subset]
    return best


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
