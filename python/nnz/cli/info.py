"""Shows the version, the CPU, its levels, and the kernel that each operator gets."""

from __future__ import annotations

import argparse
import os
import platform

import numpy as np

from .. import __version__, _nnz
from ..costs import CANDIDATES
from ..profiling import Layer, cpu_name
from ..records import Model, Op, Tensor, plain_port, word
from ..session import Session
from ..writer import write
from .output import print_json, print_text
from .table import table

EXAMPLES = """examples:
  nnz info
  NNZ_CPU=scalar nnz info
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    info = {
        "version": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpu": cpu_name(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu_isa": _nnz.cpu_isa(),
        "isa": _nnz.host_isa(),
        "levels": _nnz.levels(),
        "kernels": _kernels(),
    }
    if args.json:
        print_json(info)
        return 0
    print_text(f"nnz {info['version']}, Python {info['python']}, numpy {info['numpy']}")
    print_text(f"{info['cpu']}, {info['cpus']} CPUs, {info['cpu_isa']}")
    print_text(f"NNZ_CPU may be {', '.join(info['levels'])}")
    if os.environ.get("NNZ_CPU"):
        print_text(f"NNZ_CPU limits kernels to {info['isa']}")
    print_text("\n" + table(["operator", "kernel"], info["kernels"].items()))
    return 0


def _kernels() -> dict[str, str]:
    """Asks sessions over layers of each encoding, and over a model that has one of everything else."""
    rng = np.random.default_rng(0)
    kernels = {}
    for kind, encodings in CANDIDATES.items():
        kernel, side = (3, 14) if kind in ("conv", "qconv") else (1, 0)
        for encoding in encodings:
            layer = Layer(kind, encoding, 64, 64, kernel, side, 0.5)
            (op,) = Session(write(layer.model(layer.matrix(rng)))).profile()
            kernels[f"{kind} {encoding}"] = op.kernel
    return kernels | {op.name: op.kernel for op in Session(write(_others())).profile()}


def _others() -> Model:
    image, window = (1, 8, 4, 4), [3, 3, 1, 1, 1, 1, 1, 1, 1, 1]
    model = Model([Tensor(np.float32, image), Tensor(np.float32, (8, 3, 3), np.ones((8, 3, 3), np.float32))])
    model.inputs.append(plain_port("x", 0, image))

    def add(
        kind: str,
        inputs: list[int | None],
        params: list[int],
        dims: tuple[int, ...] = image,
        activation: str = "none",
    ) -> None:
        model.tensors.append(Tensor(np.float32, dims))
        model.ops.append(Op(kind, inputs, [len(model.tensors) - 1], params, activation, name=kind))

    add("depthwise", [0, 1, None, None, None], window)
    add("unary", [0], [], activation="sigmoid")
    add("binary", [0, 0], [0])
    add("softmax", [0], [1])
    add("pool", [0], [0, *window])
    add("reduce", [0], [0, 0b1100], (1, 8))
    add("layernorm", [0, None, None], [1, word(1e-5)])
    add("matmul", [0, 0], [0, 0, word(1.0)])
    model.outputs.append(plain_port("y", 2, image))
    return model
