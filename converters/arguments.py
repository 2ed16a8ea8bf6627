"""Checks of convert()'s arguments that need no model: ranges, and options that exclude or need each other."""

from __future__ import annotations

from numbers import Real

from nnz.costs import for_small_devices
from nnz.narrow import DEFAULT_SHARE, NARROW, SHARES

from .cost import ENCODING_CHOICES
from .prune.patterns import parse_pattern
from .quantize.ranges import RANGES


def prunes(sparsity: float | None, pattern: str) -> bool:
    """Whether pruning is asked for, by a sparsity or by a pattern that implies one."""
    implied = pattern != "auto" and parse_pattern(pattern).sparsity is not None
    return sparsity is not None or implied


def check_pruning(
    sparsity: float | None, keep: bool | None, pattern: str, zero_threshold: float, encoding: str
) -> None:
    if keep and prunes(sparsity, pattern):
        what = f"pattern {pattern}" if sparsity is None else "sparsity"
        raise ValueError(f"{what} and keep exclude each other: one prunes, the other prunes nothing")
    shares = {"zero_threshold": zero_threshold} | ({} if sparsity is None else {"sparsity": sparsity})
    for what, share in shares.items():
        if not isinstance(share, Real) or not 0 <= share < 1:
            raise ValueError(f"{what} {share!r}: expected a number, at least 0 and below 1")
    if encoding not in ENCODING_CHOICES:
        raise ValueError(f"encoding '{encoding}': expected one of {', '.join(ENCODING_CHOICES)}")


def check_quantization(
    quantize: str | None, method: str | None, float_layers: str | None, calibrated: bool, integer_ports: bool
) -> None:
    if quantize not in (None, "int8"):
        raise ValueError(f"quantize '{quantize}': expected int8")
    if method not in (None, *RANGES):
        raise ValueError(f"range '{method}': expected {', '.join(RANGES)}")
    if quantize and not calibrated:
        raise ValueError("quantisation needs calibration data: give --calibration FILE.npz")
    if integer_ports and not quantize:
        raise ValueError("integer ports are those of quantised inputs and outputs: give --quantize int8")
    if float_layers is not None and not quantize:
        raise ValueError("float layers are those that are not quantised: give --quantize int8")


def check_weights(weights: str | None, group: int, quantize: str | None) -> None:
    if weights not in (None, *NARROW):
        raise ValueError(f"weights '{weights}': expected {', '.join(NARROW)}")
    if weights and quantize:
        raise ValueError(
            "--weights stores the weights of a model that computes in float, --quantize makes it compute in int8, with "
            "int8 weights: give one of the two"
        )
    if group not in SHARES:
        raise ValueError(f"group {group}: expected {', '.join(map(str, SHARES))}")
    if group != DEFAULT_SHARE and weights != "int4":
        raise ValueError("a group is that of four-bit weights: give --weights int4")


def check_match(match: str | None, target: str, prunes: bool, rounds: str | None) -> None:
    if match not in (None, "onnxruntime"):
        raise ValueError(f"match '{match}': expected onnxruntime")
    if match and (prunes or rounds):
        raise ValueError(
            f"--match {match} gives a quantised model's outputs, of the weights that it has: "
            "leave out the sparsity or pattern, --quantize and --weights"
        )
    if match and for_small_devices(target):
        raise ValueError(
            f"--match {match} computes layers in float32, with steps that only hosts have: '{target}' is the target of "
            "a small device; leave out --match"
        )
