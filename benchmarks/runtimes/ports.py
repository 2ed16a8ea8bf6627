"""Inputs and outputs of an ONNX model, kept beside the file of a runtime that forgets their names or shapes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import onnx


@dataclass(frozen=True)
class Ports:
    """Shapes by name, in order; symbolic dimensions are 1."""

    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]

    @classmethod
    def of(cls, model: Path) -> Ports:
        graph = onnx.load(model, load_external_data=False).graph
        constants = {tensor.name for tensor in graph.initializer}
        return cls(_shapes(p for p in graph.input if p.name not in constants), _shapes(graph.output))

    def save(self, beside: Path) -> None:
        beside.with_suffix(".json").write_text(json.dumps([self.inputs, self.outputs]))

    @classmethod
    def load(cls, beside: Path) -> Ports:
        return cls(*json.loads(beside.with_suffix(".json").read_text()))


def _shapes(ports) -> dict[str, list[int]]:
    return {port.name: [max(d.dim_value, 1) for d in port.type.tensor_type.shape.dim] for port in ports}
