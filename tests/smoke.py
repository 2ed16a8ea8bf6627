"""Tries the nnz that is installed, with numpy alone: every golden model gives its outputs, what is no model raises an
error, and the command line works.

python tests/smoke.py                 # in an empty environment that a wheel was installed into
python tests/smoke.py --level avx2    # and the library must find that the CPU has this level
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import nnz
from nnz import cli

GOLDEN = sorted((Path(__file__).resolve().parent / "golden").glob("*/*.nnz"))
TOLERANCE = 1e-5  # of the largest output, as in test_golden.py


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", help="the level of kernels that this CPU must get, such as neon")
    args = parser.parse_args()
    assert GOLDEN
    for path in GOLDEN:
        session = nnz.Session(path)
        if args.level not in (None, session.isa):
            print(f"kernels for {session.isa}, expected {args.level}", file=sys.stderr)
            return 1
        with np.load(path.with_suffix(".npz")) as data:
            arrays = {key: data[key] for key in data.files}
        outputs = session.run({port.name: arrays[f"in::{port.name}"] for port in session.inputs})
        for name, output in outputs.items():
            right = arrays[f"out::{name}"]
            bound = TOLERANCE * np.abs(right).max() if right.dtype.kind == "f" else 0
            np.testing.assert_allclose(output, right, rtol=0, atol=bound, err_msg=f"{path.name}, {name}")
    with np.testing.assert_raises(nnz.Error):
        nnz.Session(b"no model")
    with tempfile.TemporaryDirectory() as folder:
        packed, model = f"{folder}/packed.nnz", str(GOLDEN[0])
        for command in (["info"], ["inspect", model], ["pack", model, "-o", packed], ["bench", packed]):
            if code := cli.main(command):
                return code
    print(f"{len(GOLDEN)} models give their golden outputs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
