"""Running a model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import _nnz
from .errors import ArgumentError

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_THREADS = 64


@dataclass(frozen=True)
class Port:
    """An input or output of a model.

    Its arrays have exactly this shape and dtype. Where it is quantised, they are int8 or uint8 and stand for
    scale x (integer - zero_point), as `quantize()` and `dequantize()` have it; elsewhere scale and zero_point are 0.
    `name` is "input0", "output0" and so on in a file without names.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float
    zero_point: int


class OpProfile(NamedTuple):
    """What an operator took in all runs together: `seconds` in `calls` runs. `kernel` is "" where it has none."""

    name: str
    kind: str
    kernel: str
    calls: int
    seconds: float


class Session(_nnz.Session):
    """
    A model ready to run.

        session = nnz.Session("model.nnz")
        y = session.run({"x": x})["y"]

    `model` is a path or the bytes of a file, packed or not; a file is not to be changed in place while it is used.
    `threads` is how many threads a run uses, 1 to 64, the calling one among them; 0 is one for each CPU this process
    may use. The environment variable NNZ_CPU (scalar, avx2, avx512, ...) limits the instructions used. With `profile`
    each run adds up the time of every operator, which costs tens of nanoseconds each.

    FileError where the file cannot be read, FormatError where it is damaged or no .nnz file, UnsupportedError where
    this build or CPU lacks what it needs, ArgumentError for other values of `threads`, OutOfMemoryError.

    One session may be used from several threads, which take turns; different sessions run at the same time.

    inputs, outputs   tuples of Port, in the order of the ONNX model
    arena_bytes       memory of the session: activations and scratch
    threads           how many a run uses
    isa               the level of instructions: "scalar", "avx2", ...
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def __init__(self, model: str | os.PathLike[str] | Buffer, threads: int = 1, *, profile: bool = True) -> None:
        if not 0 <= threads <= MAX_THREADS:
            raise ArgumentError(f"threads is {threads}: expected 1 to {MAX_THREADS}, or 0 for all CPUs")
        super().__init__(model, threads, profile)
        self.inputs = tuple(Port(*p) for p in self._describe_inputs())
        self.outputs = tuple(Port(*p) for p in self._describe_outputs())

    def profile(self) -> list[OpProfile]:
        """The operators in order, with the time of each in the runs so far (0 in a session made with profile=False)."""
        runs, nanoseconds = self._profile()
        return [OpProfile(*op, runs, ns * 1e-9) for op, ns in zip(self._ops(), nanoseconds, strict=True)]

    def __repr__(self) -> str:
        def ports(group: tuple[Port, ...]) -> str:
            return ", ".join(f"{p.name}: {p.dtype}{list(p.shape)}" for p in group)

        return f"<nnz.Session {ports(self.inputs)} -> {ports(self.outputs)}; {self.isa}, threads={self.threads}>"
