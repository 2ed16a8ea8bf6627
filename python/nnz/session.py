"""Running a model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import _nnz


@dataclass(frozen=True)
class Port:
    """An input or output of a model. `scale` is 0 where it is not quantised."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float
    zero_point: int


class OpProfile(NamedTuple):
    """What an operator took in all runs together. `kernel` is "" for operators without one."""

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

    `model` is a path or the bytes of a file. `threads` is how many threads a run uses, the calling one among them; 0
    is one for each CPU this process may use. The environment variable NNZ_CPU (scalar, avx2, avx512, ...) limits the
    instructions used. With `profile` each run adds up the time of every operator, which costs tens of nanoseconds
    each.

    `run(inputs, out=None)` takes a dict of arrays by input name, in exactly the shapes and dtypes of `inputs`, and
    returns a dict of arrays by output name. Arrays in the dict `out` (C-contiguous, sharing no memory with inputs) are
    written in place and returned. The interpreter lock is released meanwhile. One session may be used from several
    threads, which take turns; different sessions run at the same time.

    `time(inputs, runs)` gives the seconds of each of `runs` runs in the C library, without Python around it.
    `reset_profile()` sets the profile to zero. `arena_bytes`, `threads` and `isa` say what the session uses.
    """

    def __init__(self, model: str | os.PathLike[str] | bytes, threads: int = 1, *, profile: bool = True) -> None:
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
