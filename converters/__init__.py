"""From ONNX to `.nnz`: `pip install nnzrt[convert]`."""
