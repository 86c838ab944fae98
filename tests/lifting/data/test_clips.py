import numpy as np
import pytest

from lifting.data import Clips, MemorySource, SequenceData, Windows
from lifting.data.loader import Loader
from lifting.data.order import PADDING, Progress
from posecap.errors import InputError
from tests.fixtures.clips import MIRROR_IDS, make_source


def test_poses_are_in_the_camera_frame_and_relative_to_the_root():
    source = make_source()
    batch = Clips(source, Windows(8)).batch(np.arange(4))
    assert (batch["pose_3d"][:, :, 0] == 0).all()
    camera = batch["pose_3d"] + batch["root"]
    np.testing.assert_allclose(camera[..., :2] / camera[..., 2:], batch["pose_2d"][..., :2], atol=1e-5)
    np.testing.assert_allclose(batch["up"], np.tile([0, -1, 0], (4, 1)), atol=1e-6)


def test_a_flipped_clip_is_the_mirrored_clip():
    source = make_source()
    plain, flipped = Clips(source, Windows(8)), Clips(source, Windows(8), flip=True)
    assert len(flipped) == 2 * len(plain)
    one, two = plain.batch(np.array([3])), flipped.batch(np.array([6, 7]))
    assert two["flipped"].tolist() == [0, 1]
    for key in ("pose_2d", "pose_3d"):
        np.testing.assert_array_equal(two[key][0], one[key][0])
        mirrored = one[key][0][:, source.mirror_joints] * np.array([-1, 1, 1])
        np.testing.assert_array_equal(two[key][1], mirrored)


def test_a_flipped_clip_has_the_mirrored_statements():
    batch = Clips(make_source(), Windows(8), flip=True).batch(np.array([4, 5]))
    ids, mirrored = batch["sentence_ids"]
    assert (mirrored == np.where(ids >= 0, MIRROR_IDS[ids], -1)).all()
    assert (ids != mirrored).any()


def test_padding_counts_for_nothing():
    batch = Clips(make_source(), Windows(8)).batch(np.array([0, PADDING]))
    assert batch["weight"][0].any()
    assert not batch["weight"][1].any()


def test_the_3d_of_unlabelled_subjects_is_never_read():
    source = make_source()
    spoiled = [
        type(data)(np.full_like(data.world, np.nan), data.views, data.sentence_ids)
        if info.subject == "S1"
        else data
        for info, data in zip(source.infos, source._data, strict=True)
    ]
    broken = MemorySource(source.infos, spoiled, source.mirror_joints, source.mirror_ids)
    first, second = (Clips(s, Windows(8), unlabelled=["S1"], flip=True) for s in (source, broken))
    everything = np.arange(len(first))
    for key, value in first.batch(everything).items():
        np.testing.assert_array_equal(value, second.batch(everything)[key])
    assert first.batch(everything)["labelled"].min() == 0


def test_clips_of_a_subject_occur_as_often_as_asked_and_the_others_once():
    source = make_source()
    once, more = Clips(source, Windows(8)), Clips(source, Windows(8), repeat={"S1": 3})
    subjects = [source.infos[index].subject for index in once.groups]
    assert len(more) == len(once) + 2 * subjects.count("S1")
    batch = more.batch(np.arange(len(more)))
    places = list(zip(batch["sequence"], batch["camera"], batch["start"], strict=True))
    times = {place: places.count(place) for place in places}
    assert all(n == (3 if source.infos[place[0]].subject == "S1" else 1) for place, n in times.items())
    assert more.views() == once.views()


def test_only_wanted_sequences_are_cut():
    clips = Clips(make_source(), Windows(8), wanted=lambda info: info.split == "test")
    batch = clips.batch(np.arange(len(clips)))
    assert {clips.info(int(index)).subject for index in batch["sequence"]} == {"S9"}


def test_flipping_statements_needs_their_mirror_images():
    source = make_source()
    bare = MemorySource(source.infos, source._data, source.mirror_joints)
    with pytest.raises(InputError, match="mirror images"):
        Clips(bare, Windows(8), flip=True).batch(np.array([1]))


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_workers_change_nothing(workers):
    clips = Clips(make_source(), Windows(4), flip=True)
    alone = list(Loader(clips, 3, seed=4).iterate(Progress(1, 6)))
    others = list(Loader(clips, 3, seed=4, workers=workers).iterate(Progress(1, 6)))
    assert len(alone) == len(others)
    for one, other in zip(alone, others, strict=True):
        assert all((one[key] == other[key]).all() for key in one)


def test_streamed_clips_equal_clips_in_memory_and_hold_few_sequences():
    source = make_source((20, 7, 31, 12), ("S1", "S5", "S6", "S7"))
    everything = Clips(source, Windows(4), flip=True)
    few = Clips(source, Windows(4), flip=True, keep=2)
    for items in np.array_split(np.random.default_rng(0).permutation(len(few)), 9):
        one, two = everything.batch(items), few.batch(items)
        assert all((one[key] == two[key]).all() for key in one)
    assert len(few._sequences) == 2


def test_progress_moves_to_the_next_epoch_when_all_items_are_consumed():
    loader = Loader(Clips(make_source(), Windows(8)), 4)
    progress = Progress()
    for _ in range(loader.steps_in_epoch):
        assert progress.epoch == 0
        progress = loader.advance(progress)
    assert progress == Progress(1, 0)


def test_frames_that_are_not_valid_have_no_weight():
    source = make_source((20,), ("S1",))
    data, valid = source.load(0), np.arange(20) % 3 > 0
    partly = SequenceData(data.world, data.views, data.sentence_ids, valid=valid)
    clips = Clips(MemorySource(source.infos, [partly], source.mirror_joints), Windows(10))
    weight = clips.batch(np.arange(len(clips)))["weight"]
    np.testing.assert_array_equal(weight.reshape(-1, 20), [valid, valid])
