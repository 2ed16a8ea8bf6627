#!/usr/bin/env python3
"""Runs a converted model in a loop, as a service would: reads digits, says how many it got right and how fast.

    nnz convert examples/digits/digits.onnx -o digits.nnz --sparsity 0.8 --calibration examples/digits/digits.npz
    python examples/run.py digits.nnz

Setting NNZ_CPU to scalar, avx2 or avx512 shows what the instructions are worth.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import nnz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the .nnz file")
    args = parser.parse_args()

    with np.load(Path(__file__).parent / "digits" / "digits.npz") as data:
        images, labels = data["image"][200:], data["labels"][200:]  # the first 200 are for calibration

    session = nnz.Session(args.model)
    out = {"logits": np.empty((1, 10), np.float32)}  # reused: nothing is allocated in the loop
    right = 0
    begin = time.perf_counter()
    for image, label in zip(images, labels, strict=True):
        session.run({"image": image[None]}, out)
        right += int(out["logits"].argmax() == label)
    seconds = time.perf_counter() - begin
    print(f"{right} of {len(labels)} right, {1e6 * seconds / len(labels):.0f} us each on {session.isa}")


if __name__ == "__main__":
    main()
