import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifting.data.windows import Windows, clip_frames, clip_starts
from posecap.errors import InputError


@given(
    num_frames=st.integers(1, 200),
    frames=st.integers(1, 40),
    fps=st.sampled_from([12.5, 30.0, 50.0, 120.0]),
    rate=st.sampled_from([None, 10.0, 12.5, 25.0, 50.0]),
)
def test_every_frame_counts_exactly_once(num_frames, frames, fps, rate):
    windows = Windows(frames, rate=rate)
    step = windows.step(fps)
    counts = np.zeros(num_frames)
    for start in clip_starts(num_frames, windows, step):
        indices, weights = clip_frames(int(start), frames, step, num_frames)
        np.add.at(counts, indices, weights)
    assert (counts == 1).all()


@given(num_frames=st.integers(1, 200), frames=st.integers(1, 40), stride=st.integers(1, 40))
def test_overlapping_clips_leave_out_no_frame(num_frames, frames, stride):
    seen = set()
    for start in clip_starts(num_frames, Windows(frames, min(stride, frames))):
        indices, weights = clip_frames(int(start), frames, 1, num_frames)
        seen |= set(indices[weights > 0])
    assert seen == set(range(num_frames))


def test_the_grid_is_centred_and_edges_are_repeated():
    assert clip_starts(10, Windows(4)).tolist() == [-1, 3, 7]
    frames, weights = clip_frames(-1, 4, 1, 10)
    assert frames.tolist() == [0, 0, 1, 2]
    assert weights.tolist() == [0, 1, 1, 1]


def test_a_lower_rate_takes_every_nth_frame_of_one_phase():
    windows = Windows(3, rate=12.5)
    assert windows.step(50) == 4
    frames, weights = clip_frames(1, 3, 4, 8)
    assert frames.tolist() == [1, 5, 5]
    assert weights.tolist() == [1, 1, 0]


def test_windows_without_frames_are_refused():
    with pytest.raises(InputError, match="at least 1"):
        clip_starts(0, Windows(3))
