"""onnxruntime, which says what a model computes. Its exceptions have no common base: here they are one of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime
from onnxruntime import GraphOptimizationLevel

from .errors import ConvertError


class Reference:
    """A model, or one in a file, that runs in onnxruntime; ConvertError where that refuses it.

    level: of onnxruntime's optimisations. Any may move roundings; beyond ORT_ENABLE_BASIC some layers of float32 models
    compute with quantised activations. threads: 0 for one a core.
    """

    def __init__(
        self,
        model: onnx.ModelProto | str,
        level: GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        threads: int = 0,
    ):
        self.name = model if isinstance(model, str) else "the model"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = level
        options.intra_op_num_threads = threads
        source = model if isinstance(model, str) else model.SerializeToString()
        try:
            self.session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ConvertError(f"onnxruntime cannot load {self.name}: {error}") from error
        self.outputs = [output.name for output in self.session.get_outputs()]

    def run(self, feed: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None) -> list[np.ndarray]:
        """The outputs of one run, all or those named."""
        try:
            return self.session.run(outputs, dict(feed))
        except Exception as error:
            raise ConvertError(f"onnxruntime cannot run {self.name}: {error}") from error
