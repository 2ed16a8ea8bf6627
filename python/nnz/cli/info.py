"""Shows the version, the CPU, and the kernel that each operator gets on it."""

from __future__ import annotations

import argparse
import os
import platform

import numpy as np

from .. import __version__, _nnz
from ..encodings import encode
from ..profiling import cpu_name
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
        "kernels": _kernels(),
    }
    if args.json:
        print_json(info)
        return 0
    print_text(f"nnz {info['version']}, Python {info['python']}, numpy {info['numpy']}")
    print_text(f"{info['cpu']}, {info['cpus']} CPUs, {info['cpu_isa']}")
    if os.environ.get("NNZ_CPU"):
        print_text(f"NNZ_CPU limits kernels to {info['isa']}")
    print_text("\n" + table(["operator", "kernel"], info["kernels"].items()))
    return 0


def _kernels() -> dict[str, str]:
    """Asks a session over a model that has one of everything."""
    model = Model([Tensor(np.float32, (1, 8, 4, 4)), Tensor(np.float32, (8, 3, 3), np.ones((8, 3, 3), np.float32))])
    model.inputs.append(plain_port("x", 0, (1, 8, 4, 4)))

    def add(
        name: str,
        kind: str,
        dims: tuple[int, ...],
        inputs: list[int | None],
        params: list[int],
        activation: str = "none",
    ) -> None:
        model.tensors.append(Tensor(np.float32, dims))
        model.ops.append(Op(kind, inputs, [len(model.tensors) - 1], params, activation, name=name))

    image, window = (1, 8, 4, 4), [3, 3, 1, 1, 1, 1, 1, 1, 1, 1]
    for encoding in ("dense", "u1", "rb4"):
        model.matrices.append(encode(np.ones((8, 72), np.float32), encoding))
        add(f"conv {encoding}", "conv", image, [0, None, None, None], [len(model.matrices) - 1, *window])
    for encoding in ("dense", "u1", "f8x1"):
        model.matrices.append(encode(np.ones((8, 128), np.float32), encoding))
        add(f"fc {encoding}", "fc", (1, 8), [0, None, None], [len(model.matrices) - 1])
    add("depthwise", "depthwise", image, [0, 1, None, None, None], window)
    add("unary", "unary", image, [0], [], "sigmoid")
    add("binary", "binary", image, [0, 0], [0])
    add("softmax", "softmax", image, [0], [1])
    add("pool", "pool", image, [0], [0, *window])
    add("reduce", "reduce", (1, 8), [0], [0, 0b1100])
    add("layernorm", "layernorm", image, [0, None, None], [1, word(1e-5)])
    add("matmul", "matmul", image, [0, 0], [0, 0, word(1.0)])
    model.outputs.append(plain_port("y", 2, image))
    return {op.name: op.kernel for op in Session(write(model)).profile() if op.kernel}
