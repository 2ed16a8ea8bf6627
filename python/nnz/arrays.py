"""Arrays from files, which are untrusted input."""

from __future__ import annotations

import os

import numpy as np

from .errors import ArgumentError


def read_arrays(path: str | os.PathLike[str]) -> np.ndarray | dict[str, np.ndarray]:
    """The array of a .npy file, or those of an .npz file by name; ArgumentError for any other file."""
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            return dict(content)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # numpy's, zipfile's and zlib's have no common base
        # Whatever numpy does not know, and arrays of objects, it takes for pickles, which it says how to allow.
        reason = "" if "pickle" in str(error) else f" ({error})"
        raise ArgumentError(
            f"{os.fspath(path)}: not a .npy or .npz file of numbers{reason}: numpy.savez(FILE, name=array) writes one"
        ) from error
