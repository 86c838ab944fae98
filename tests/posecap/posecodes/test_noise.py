"""Noise is a pure function of (seed, sequence, frame, posecode)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from posecap.posecodes import extract, noise

NAMES = noise.keys(["angle(left_knee)", "angle(right_knee)", "distance(left_hand, head)"])


def poses(num: int = 200) -> np.ndarray:
    joints = np.random.default_rng(0).normal(0, 0.3, (num, 17, 3))
    joints[:, 8, 2] += 1
    return joints


def test_draws_are_uniform_and_independent_between_posecodes_and_frames() -> None:
    draws = noise.uniform(noise.key(0, "walk"), NAMES, np.arange(100_000)).astype(float)
    assert draws.min() >= 0
    assert draws.max() < 1
    counts = np.stack([np.histogram(row, 20, (0, 1))[0] for row in draws])
    assert ((counts - 5000) ** 2 / 5000).sum(1).max() < 45  # chi squared, 19 degrees of freedom
    correlations = np.corrcoef(np.concatenate([draws, np.roll(draws, 1, 1)]))
    assert np.abs(correlations - np.eye(6)).max() < 0.015


@pytest.mark.parametrize("other", [("0", "run"), ("1", "walk")])
def test_another_seed_or_sequence_gives_other_draws(other: tuple[str, str]) -> None:
    one = noise.uniform(noise.key("0", "walk"), NAMES, np.arange(1000))
    two = noise.uniform(noise.key(*other), NAMES, np.arange(1000))
    assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.06


def test_a_frame_has_the_same_noise_wherever_it_is_computed() -> None:
    joints = poses()
    whole = extract(joints, noise=True, seed=3, sequence="S1/Eating")
    order = np.random.default_rng(1).permutation(len(joints))
    shuffled = extract(joints[order], noise=True, seed=3, sequence="S1/Eating", frames=order)
    assert (shuffled.category_table() == whole.category_table()[order]).all()


def test_noise_changes_categories_only_within_the_tolerance() -> None:
    joints = poses(2000)
    clean, noisy = extract(joints), extract(joints, noise=True, seed=5)
    np.testing.assert_array_equal(clean.value_rows, noisy.value_rows)
    differ = 0
    for name, kind in clean.definitions.kinds.items():
        if name in clean.kinds:
            distance = np.abs(clean.values[name][..., None] - np.array(kind.thresholds)).min(-1)
            changed = clean.categories[name] != noisy.categories[name]
            assert (distance[changed] <= kind.noise + 1e-4).all()
            differ += changed.sum()
    assert differ > 0


def test_the_hash_seed_of_the_process_changes_nothing() -> None:
    code = "import numpy as np; from posecap.posecodes import noise; "
    code += "print(noise.uniform(noise.key(1, 'a'), noise.keys(['b']), np.arange(3)).tolist())"
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(p for p in sys.path if p) or "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(answers) == 1
    assert answers.pop().startswith("[[0.")
