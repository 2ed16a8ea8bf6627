"""Ranges of activations."""

import numpy as np
import pytest

from nnz.convert.quantize import Quant
from nnz.convert.quantize.ranges import CANDIDATES, RANGES, Histogram, entropy, grid, minmax, mse, percentile


def seen(*batches):
    histogram = Histogram()
    for batch in batches:
        histogram.extend(batch)
    for batch in batches:
        histogram.add(batch)
    return histogram


def squared_error(x, span):
    return float(((Quant(*grid(*span)).round(x) - x) ** 2).mean())


def heavy_tail():
    """Many small values and a few large ones."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.standard_normal(200_000), [-30.0, 40.0]])


@pytest.mark.parametrize("span", [(0.0, 6.0), (-1.0, 1.0), (-0.3, 7.7), (-5.0, -1.0), (2.0, 3.0), (-1e-30, 0.0)])
def test_a_grid_has_zero_and_reaches_both_ends(span):
    scale, zero_point = grid(*span)
    quant = Quant(scale, zero_point)
    assert quant.round(np.zeros(1)) == 0
    ends = np.array([min(span[0], 0), max(span[1], 0)])
    np.testing.assert_allclose(quant.round(ends), ends, atol=scale / 2 * 1.001)


def test_nothing_but_zeros_has_a_grid():
    assert grid(*minmax(seen(np.zeros(3)))) == (1.0, 0)


@pytest.mark.parametrize("find", RANGES.values(), ids=RANGES)
def test_batches_make_no_difference(find):
    x = heavy_tail()
    assert find(seen(x)) == find(seen(x[:3], x[3:70_000], x[70_000:]))


@pytest.mark.parametrize("find", RANGES.values(), ids=RANGES)
def test_evenly_spread_values_are_all_kept(find):
    low, high = find(seen(np.linspace(-2, 6, 100_000)))
    assert (low, high) == pytest.approx((-2, 6), rel=1 / CANDIDATES)


def test_minmax_is_everything():
    assert minmax(seen(heavy_tail())) == (-30.0, 40.0)


def test_percentile_cuts_the_ends_off():
    x = heavy_tail()
    low, high = percentile(seen(x), 0.99)
    outside = ((x < low) | (x > high)).mean()
    assert 0.003 < outside <= 0.01


def test_mse_has_the_least_squared_error():
    x = np.append(np.random.default_rng(1).standard_normal(200_000), [-8.0, 9.0])
    histogram = seen(x)
    best = squared_error(x, mse(histogram))
    assert best < 0.8 * squared_error(x, minmax(histogram))
    assert all(best <= 1.05 * squared_error(x, find(histogram)) for find in RANGES.values())


def test_entropy_drops_what_is_rare():
    low, high = entropy(seen(heavy_tail()))
    assert -15 < low < -2 and 2 < high < 15


@pytest.mark.parametrize("find", RANGES.values(), ids=RANGES)
def test_the_zeros_behind_a_relu_do_not_count(find):
    x = np.random.default_rng(2).uniform(0, 6, 50_000)
    _, high = find(seen(np.concatenate([np.zeros(500_000), x])))
    assert high == pytest.approx(6, abs=0.1)
