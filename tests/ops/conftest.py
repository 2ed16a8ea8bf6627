"""Every operator alone, on each level of instructions that this CPU has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from one_node import OneOp

LEVELS = ("scalar", "avx2", "avx512")


@pytest.fixture(params=LEVELS)
def op(request: pytest.FixtureRequest, use_level: Callable[[str], None]) -> OneOp:
    use_level(request.param)
    return OneOp()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def normal(rng: np.random.Generator):
    """normal(2, 3) is a float32 array of shape [2, 3]."""
    return lambda *shape: np.asarray(rng.standard_normal(shape, np.float32))
