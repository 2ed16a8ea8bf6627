"""Which weights live and die together."""

import numpy as np
import pytest

from nnz.convert.prune.budget import FLOOR, ranked, uniform
from nnz.convert.prune.patterns import Blocks, Pattern, blocks, expand, keep_n_of_m, parse_pattern

SHAPES = [(1, 8, 8, 1), (1, 7, 5, 9), (2, 6, 3, 4), (3, 1, 1, 9), (1, 1, 10, 1)]


@pytest.mark.parametrize("text", ["unstructured", "4x1", "1x4", "8x1", "2:4", "1:16"])
def test_a_pattern_reads_back_as_it_is_written(text):
    assert str(parse_pattern(text)) == text


@pytest.mark.parametrize("text", ["", "4", "4x", "0x4", "4:4", "0:4", "x4", "65x1", "4x1x2", "dense"])
def test_an_unknown_pattern_is_an_error_that_lists_the_known(text):
    with pytest.raises(ValueError, match=r"expected auto, unstructured.*4x1, 1x4, 8x1.*2:4"):
        parse_pattern(text)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pattern", [Pattern(), Pattern(4, 1), Pattern(1, 4), Pattern(8, 1), Pattern(2, 3)], ids=str)
def test_blocks_span_neighbouring_outputs_and_channels_of_one_tap(shape, pattern):
    rng = np.random.default_rng(0)
    saliency = rng.random(shape)
    cut = blocks(saliency, pattern)
    numbers = expand(np.arange(len(cut.energy)), shape, pattern)
    assert numbers.shape == shape
    for number in range(len(cut.energy)):
        g, r, c, t = np.nonzero(numbers == number)
        assert len(set(g)) == len(set(t)) == 1
        assert set(r // pattern.rows) == {r[0] // pattern.rows}
        assert set(c // pattern.channels) == {c[0] // pattern.channels}
        assert cut.weights[number] == len(r)
        assert cut.energy[number] == pytest.approx((saliency[g, r, c, t] ** 2).sum())
    assert cut.weights.sum() == saliency.size


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pattern", [Pattern(1, 4, 2), Pattern(1, 4, 1), Pattern(1, 16, 3)], ids=str)
def test_n_of_m_keeps_the_most_salient_of_each_m(shape, pattern):
    saliency = np.random.default_rng(1).random(shape)
    keep = keep_n_of_m(saliency, pattern)
    for g, r, t in np.ndindex(shape[0], shape[1], shape[3]):
        for start in range(0, shape[2], pattern.channels):
            part = saliency[g, r, start : start + pattern.channels, t]
            best = np.sort(part)[::-1][: pattern.keep]
            assert set(part[keep[g, r, start : start + pattern.channels, t]]) == set(best)


def test_n_of_m_with_nothing_but_zeros_keeps_no_more():
    keep = keep_n_of_m(np.zeros((1, 3, 6, 1)), Pattern(1, 4, 2))
    assert keep.sum((2, 3)).tolist() == [[4, 4, 4]]


@pytest.mark.parametrize("budget", [uniform, ranked])
@pytest.mark.parametrize("sparsity", [0.0, 0.25, 0.5, 0.9])
def test_sparsity_is_the_share_of_zeros_over_all_layers(budget, sparsity):
    rng = np.random.default_rng(2)
    layers = [blocks(rng.random(shape), Pattern(4, 1)) for shape in [(1, 64, 32, 1), (1, 30, 16, 9), (1, 128, 20, 1)]]
    kept = budget(layers, sparsity)
    weights = sum(layer.weights.sum() for layer in layers)
    left = sum(layer.weights[keep].sum() for layer, keep in zip(layers, kept, strict=True))
    assert left / weights == pytest.approx(1 - sparsity, abs=0.002)


def test_the_uniform_budget_takes_the_same_share_of_each_layer():
    rng = np.random.default_rng(3)
    layers = [blocks(rng.random((1, 100, 10, 1)) * scale, Pattern()) for scale in (1, 1000)]
    assert [keep.sum() for keep in uniform(layers, 0.7)] == [300, 300]


def test_no_layer_falls_below_its_floor_where_layers_compete():
    rng = np.random.default_rng(4)
    flat = blocks(np.ones((1, 100, 10, 1)), Pattern())
    peaked = blocks(rng.random((1, 100, 10, 1)) ** 40, Pattern())
    kept = ranked([flat, peaked], 0.5)
    assert kept[1].sum() == 1000 * FLOOR * 0.5
    assert kept[0].sum() == 1000 - kept[1].sum()


def test_layers_compete_whatever_their_scale():
    saliency = np.random.default_rng(5).random((1, 64, 64, 1))
    small, large = ranked([blocks(saliency, Pattern()), blocks(saliency * 1e6, Pattern())], 0.8)
    assert np.array_equal(small, large)


def test_partial_blocks_compete_by_energy_per_weight():
    layer = Blocks(energy=np.array([4.0, 1.5]), weights=np.array([4, 1]))
    assert uniform([layer], 0.8)[0].tolist() == [False, True]
