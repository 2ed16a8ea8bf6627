#!/usr/bin/env python3
"""nnz.spmm beside SciPy's CSR product and a dense product in OpenBLAS (numpy), one thread each.

    python benchmarks/spmm.py DIR                      # of .smtx files, the pruning masks of the DLMC collection
    python benchmarks/spmm.py DIR --columns 32,256 --json

W of each file gets random values, x is dense. A line: the median microseconds of W @ x for a width of x, and how many
times as fast nnz is as the better of the other two. All are called from Python, in turns, and write new arrays.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import scipy.sparse

import nnz
from nnz._nnz import host_isa
from nnz.cli.table import percent, table

TOLERANCE = 1e-5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--columns", default="32,64,128,256", help="of x (default: 32,64,128,256)")
    parser.add_argument("--seconds", type=float, default=0.2, help="for each library and width (default: 0.2)")
    parser.add_argument("--json", action="store_true", help="print JSON, seconds, instead of the table")
    args = parser.parse_args()
    restart_alone()
    files = sorted(args.folder.rglob("*.smtx"))
    if not files:
        sys.exit(f"{args.folder}: no .smtx file")
    rows = [measure(path, int(n), args.seconds) for path in files for n in args.columns.split(",")]
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"OpenBLAS for {openblas_kernels()}; nnz for {host_isa()}\n")
        print(text(rows))
    slower = [row for row in rows if row["speedup"] < 1]
    if slower:
        sys.exit(f"nnz is not the fastest on {len(slower)} of {len(rows)}")


def restart_alone() -> None:
    """Starts this program anew where OpenBLAS, which looks at the environment when it is loaded, would use several
    threads or not the kernels for this CPU.
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        environment.pop(name, None)
    if environment != os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def openblas_kernels() -> str:
    """The CPU whose kernels OpenBLAS uses."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "an unknown CPU (pip install threadpoolctl)"
    return ", ".join(sorted({i["architecture"] for i in threadpool_info() if i["internal_api"] == "openblas"}))


def read_smtx(path: Path) -> scipy.sparse.csr_matrix:
    """The mask with random values: rows, columns and nonzeros; row pointers; column indices."""
    head, pointers, indices = path.read_text().splitlines()[:3]
    rows, cols, count = (int(n) for n in head.split(","))
    values = np.random.default_rng(0).standard_normal(count).astype(np.float32)
    columns = np.array(indices.split(), np.int32)
    return scipy.sparse.csr_matrix((values, columns, np.array(pointers.split(), np.int32)), (rows, cols))


def measure(path: Path, columns: int, seconds: float) -> dict:
    sparse = read_smtx(path)
    dense = sparse.toarray()
    prepared = nnz.SparseMatrix(sparse)
    x = np.random.default_rng(1).standard_normal((sparse.shape[1], columns)).astype(np.float32)
    calls = {"nnz": lambda: prepared @ x, "scipy": lambda: sparse @ x, "dense": lambda: dense @ x}
    expected = dense.astype(np.float64) @ x
    for name, call in calls.items():
        if np.abs(call() - expected).max() > TOLERANCE * np.abs(expected).max():
            sys.exit(f"{path}: {name} computes something else")
    times = in_turns(calls, seconds)
    return {
        "matrix": str(path),
        "shape": list(sparse.shape),
        "sparsity": 1 - sparse.nnz / dense.size,
        "columns": columns,
        "encoding": prepared.encoding,
        **times,
        "in_c": float(np.median(prepared.session(columns, 1).time({"x": x[None]}, 50))),
        "speedup": min(times["scipy"], times["dense"]) / times["nnz"],
    }


def in_turns(calls: dict[str, Callable[[], object]], seconds: float, turns: int = 4) -> dict[str, float]:
    """The median time of each call."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            end = perf_counter() + seconds / turns
            while (begin := perf_counter()) < end:
                call()
                found[name].append(perf_counter() - begin)
    return {name: float(np.median(times)) for name, times in found.items()}


def text(rows: list[dict]) -> str:
    lines = [
        [
            "/".join(Path(row["matrix"]).with_suffix("").parts[-2:]),
            "x".join(map(str, row["shape"])),
            percent(row["sparsity"]),
            row["columns"],
            row["encoding"],
            *(f"{1e6 * row[name]:.1f}" for name in ("nnz", "in_c", "scipy", "dense")),
            f"{row['speedup']:.2f}x",
        ]
        for row in rows
    ]
    headers = ["matrix", "shape", "zeros", "N", "encoding", "nnz, us", "in C", "SciPy CSR", "OpenBLAS", "times as fast"]
    return table(headers, lines)


if __name__ == "__main__":
    main()
