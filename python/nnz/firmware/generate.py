"""The C sources of a firmware image, made from a model and templates/."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .. import __version__, _nnz
from ..errors import ArgumentError
from ..int8_operators import needs_a_host
from ..records import Model
from ..session import Port, Session
from ..writer import write
from .board import SOURCES, Board

_TEMPLATES = Path(__file__).resolve().parent / "templates"

_C_TYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "bool": "bool",
    "float16": "uint16_t",
}


def generate(
    model: Model,
    name: str,
    isa: str,
    board: Board | None = None,
    *,
    names: bool = False,
    report: bool = False,
    inputs: dict[str, np.ndarray] | None = None,
) -> dict[str, str]:
    """The files by name, for kernels of level `isa`; with a main program and a Makefile for a board, if one is given.

    `name` begins all names in C; `names` and `report` keep these parts of the model; `inputs` are those of the
    self-test, else they are random. ArgumentError where the board is too small, or the model is for hosts alone.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ArgumentError(f"'{name}' cannot begin the names of C: expected small letters, digits and _")
    if board or isa != "scalar":
        _require_no_host(model)
    content = write(model, names=names, report=report)
    plan_size, arena_size, kernels = _nnz.footprint(content, isa)
    with _level("scalar"):
        session = Session(write(model), profile=False)
    inputs = _random_inputs(session.inputs) if inputs is None else inputs
    outputs = session.run(inputs)
    if board:
        test = sum(a.nbytes for a in (*inputs.values(), *outputs.values()))
        _require_room(board, len(content), plan_size, arena_size, test)

    values = {
        "name": name,
        "NAME": name.upper(),
        "version": __version__,
        "isa": isa.upper(),
        "model_size": str(len(content)),
        "plan_size": str(plan_size),
        "arena_size": str(arena_size),
        "model_bytes": _bytes(content),
        "ports": "\n".join(
            _port(name, kind, i, port)
            for kind, ports in (("input", session.inputs), ("output", session.outputs))
            for i, port in enumerate(ports)
        ),
        "op_declarations": _declarations("nnz_op_impl", "nnz_op", kinds := sorted({op.kind for op in model.ops})),
        "kernel_declarations": _declarations("nnz_kernel", "nnz_kernel", kernels),
        "ops": "".join(f"&nnz_op_{kind}, " for kind in kinds),
        "kernels": "".join(f"\n    &nnz_kernel_{kernel}," for kernel in kernels),
        **_test_values(name, session, inputs, outputs),
    }
    files = {
        f"{name}_model.h": "model.h",
        f"{name}_model.c": "model.c",
        f"{name}_registry.c": "registry.c",
        f"{name}_test.h": "test.h",
        f"{name}_test.c": "test.c",
    }
    if board:
        values |= {"board": board.name, "sources": str(SOURCES)}
        files |= {"main.c": "main.c", "Makefile": "Makefile"}
    return {file: _fill((_TEMPLATES / f"{template}.in").read_text(), values) for file, template in files.items()}


def _fill(template: str, values: dict[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], template)


@contextmanager
def _level(isa: str) -> Iterator[None]:
    """What a device computes in float is what the scalar kernels compute."""
    before = os.environ.get("NNZ_CPU")
    os.environ["NNZ_CPU"] = isa
    try:
        yield
    finally:
        if before is None:
            del os.environ["NNZ_CPU"]
        else:
            os.environ["NNZ_CPU"] = before


def _require_no_host(model: Model) -> None:
    for op in model.ops:
        if needs_a_host(op):
            raise ArgumentError(
                f"'{op.name}' rounds as onnxruntime does, in float32, which small devices leave out: "
                f"convert the model again with their profile, such as --target cortex-m4"
            )


def _require_room(board: Board, model: int, plan: int, arena: int, test: int) -> None:
    if model + test > board.flash:
        raise ArgumentError(
            f"{board.name} has {board.flash} bytes of flash: the model takes {model}, its test vector {test}"
        )
    if plan + arena + board.stack > board.ram:
        raise ArgumentError(
            f"{board.name} has {board.ram} bytes of RAM: "
            f"the plan takes {plan}, the arena {arena}, the stack {board.stack}"
        )


# ---- Inputs and outputs ----------------------------------------------------------------------------------------------


def _port(name: str, kind: str, i: int, port: Port) -> str:
    """The macros of an input or output, and the functions between float and int8."""
    begin = f"{name}_{kind}_{i}"
    elements = int(np.prod(port.shape, dtype=np.int64))
    label = port.name.replace("*/", "* /")
    lines = [
        f"/* {kind} {i}: {label}, {port.dtype}{list(port.shape)} */",
        f"#define {begin.upper()}_ELEMENTS {elements}",
        f"#define {begin.upper()}_BYTES {elements * port.dtype.itemsize}",
    ]
    if not port.scale:
        return "\n".join(lines) + "\n"
    c_type = _C_TYPES[str(port.dtype)]
    lo, hi = np.iinfo(port.dtype).min, np.iinfo(port.dtype).max
    lines += [
        f"#define {begin.upper()}_SCALE {np.float32(port.scale)!s}f",
        f"#define {begin.upper()}_ZERO_POINT {port.zero_point}",
        f"static inline {c_type} {begin}_quantize(float x) {{",
        f"    return ({c_type}){name}_round(x / {begin.upper()}_SCALE, {port.zero_point}, {lo}, {hi});",
        "}",
        f"static inline float {begin}_dequantize({c_type} q) {{",
        f"    return (float)((int32_t)q - {begin.upper()}_ZERO_POINT) * {begin.upper()}_SCALE;",
        "}",
    ]
    return "\n".join(lines) + "\n"


# ---- The self-test ---------------------------------------------------------------------------------------------------


def _random_inputs(ports: Sequence[Port]) -> dict[str, np.ndarray]:
    """Of all values that integers can have; floats between -1 and 1. The same at each call."""
    random = np.random.default_rng(1)
    arrays = {}
    for port in ports:
        if port.dtype.kind == "f":
            arrays[port.name] = random.uniform(-1, 1, port.shape).astype(port.dtype)
        elif port.dtype.kind == "b":
            arrays[port.name] = random.integers(0, 2, port.shape).astype(bool)
        elif port.dtype.itemsize == 1:
            limits = np.iinfo(port.dtype)
            arrays[port.name] = random.integers(limits.min, limits.max + 1, port.shape).astype(port.dtype)
        else:
            arrays[port.name] = np.zeros(port.shape, port.dtype)
    return arrays


def _test_values(
    name: str, session: Session, inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray]
) -> dict[str, str]:
    ins = [(f"{name}_test_input_{i}", inputs[p.name]) for i, p in enumerate(session.inputs)]
    outs = [(f"{name}_test_output_{i}", outputs[p.name]) for i, p in enumerate(session.outputs)]
    buffers = [f"output_{i}" for i in range(len(outs))]
    return {
        "test_declarations": "\n".join(f"extern const unsigned char {n}[{a.nbytes}];" for n, a in (*ins, *outs)),
        "test_arrays": "\n\n".join(
            f"_Alignas(8) const unsigned char {n}[{a.nbytes}] = {{\n{_bytes(a.tobytes())}\n}};"
            for n, a in (*ins, *outs)
        ),
        "test_inputs": ", ".join(n for n, _ in ins),
        "output_buffers": "\n".join(
            f"static _Alignas(8) unsigned char {b}[{n.upper()}_BYTES];".replace("_TEST_", "_")
            for b, (n, _) in zip(buffers, outs, strict=True)
        ),
        "outputs": ", ".join(buffers),
        "comparing": "\n\n".join(
            (_TEMPLATES / f"{f}.c.in").read_text().strip() for f in sorted({_compare(a) for _, a in outs})
        ),
        "comparisons": " && ".join(
            f"{_compare(a)}({b}, {n}, sizeof {b})" for b, (n, a) in zip(buffers, outs, strict=True)
        ),
    }


def _compare(output: np.ndarray) -> str:
    """The function of main.c that compares an output with the host's."""
    return "close" if output.dtype == np.float32 else "same"


# ---- C text ----------------------------------------------------------------------------------------------------------


def _bytes(data: bytes) -> str:
    lines = (data[i : i + 24] for i in range(0, len(data), 24))
    return "\n".join("    " + " ".join(f"{b}," for b in line) for line in lines)


def _declarations(c_type: str, prefix: str, names: Sequence[str]) -> str:
    return "\n".join(f"extern const {c_type} {prefix}_{name};" for name in names)
