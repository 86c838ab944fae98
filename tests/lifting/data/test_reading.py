import pickle

import numpy as np
import pytest

from lifting.data import Clips, MemorySource, Progress, ShardSource, Windows
from lifting.data import reading as reading_module
from lifting.data.loader import Loader
from lifting.data.mapped import MappedSource
from lifting.data.reading import choose_reading
from posecap.errors import InputError
from posecap.shards import GenerateConfig, generate
from tests.fixtures.clips import make_source
from tests.fixtures.h36m_files import write_h36m


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reading")
    root = write_h36m(folder / "h36m", ("S1", "S5", "S6", "S9"), num_frames=40)
    generate(GenerateConfig("h36m", folder / "shards", root, ("gt", "noisy"), encoder=None))
    return folder / "shards"


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def test_mapped_streamed_and_held_shards_give_the_same_clips(shards, tmp_path):
    source = ShardSource(shards, "noisy", "sentence")
    held = Clips(source, Windows(9), flip=True)
    mapped = Clips(MappedSource(source, tmp_path / "clips"), Windows(9), flip=True)
    streamed = Clips(source, Windows(9), flip=True, keep=2)
    for items in np.array_split(np.random.default_rng(0).permutation(len(held)), 12):
        assert same(held.batch(items), mapped.batch(items))
        assert same(held.batch(items), streamed.batch(items))


def test_shards_are_read_as_they_were_written(shards):
    source = ShardSource(shards, "noisy", "sentence")
    info, data = source.infos[0], source.load(0)
    rows = source.shards.read_view(info.key, "noisy", info.cameras[1])
    camera = source.shards.camera(info.key, info.cameras[1])
    pixels = (data.views[1].pose_2d[..., :2] + [1, camera.height / camera.width]) * camera.width / 2
    np.testing.assert_allclose(pixels, rows.pose_2d, atol=1e-3)
    np.testing.assert_array_equal(data.views[1].pose_2d[..., 2], rows.confidence)
    told = source.shards.read_frames(info.key).sentence_ids
    assert [row[row >= 0].tolist() for row in data.sentence_ids] == [
        told[t].tolist() for t in range(len(told))
    ]


@pytest.mark.parametrize("frame", ["body", "camera"])
def test_clips_bring_every_posecodes_category_where_they_are_asked_for(frame, tmp_path):
    root = write_h36m(tmp_path / "h36m", ("S1", "S9"), num_frames=20)
    generate(GenerateConfig("h36m", tmp_path / "shards", root, ("gt",), encoder=None, frame=frame))
    source = ShardSource(tmp_path / "shards", "gt", "sentence", categories=True)
    info, definitions = source.infos[0], source.shards.definitions()
    camera = info.cameras[1] if frame == "camera" else ""
    table = source.shards.read_posecodes(
        info.key, source.shards.posecode_dictionary()["column"].to_pylist(), camera
    )
    told = np.stack([column.to_numpy() for column in table.columns], axis=1)
    for reading in (source, MappedSource(source, tmp_path / "clips")):
        clips = Clips(reading, Windows(20), flip=True)
        plain, mirrored = clips.batch(np.array([2, 3]))["categories"]
        np.testing.assert_array_equal(plain, told)
        np.testing.assert_array_equal(mirrored, definitions.mirror_categories(told))
    hidden = Clips(source, Windows(20), flip=True, unlabelled=[info.subject]).batch(np.array([2]))
    assert (hidden["categories"] == -1).all()
    assert "categories" not in Clips(ShardSource(tmp_path / "shards", "gt"), Windows(20)).batch(np.array([0]))


def test_a_mapped_source_travels_to_other_processes_as_its_folder(shards, tmp_path):
    mapped = MappedSource(ShardSource(shards, "gt"), tmp_path / "clips")
    sent = pickle.loads(pickle.dumps(mapped))
    np.testing.assert_array_equal(sent.load(3).world, mapped.load(3).world)
    assert isinstance(mapped.load(3).world.base, np.ndarray)


def test_mapping_that_fails_leaves_nothing(tmp_path):
    class Broken(MemorySource):
        def load(self, index):
            raise InputError("changed since it was written")

    source = make_source()
    broken = Broken(source.infos, [], source.mirror_joints)
    with pytest.raises(InputError, match="changed"):
        MappedSource(broken, tmp_path / "clips")
    assert list(tmp_path.iterdir()) == []


def test_the_way_of_reading_follows_size_and_wish(tmp_path, monkeypatch):
    source = make_source()
    assert choose_reading(source, None, 8, tmp_path / "a").keep is None
    assert choose_reading(source, True, 8, tmp_path / "a").block == 8
    monkeypatch.setattr(reading_module, "HOLD_BYTES", 10)
    assert isinstance(choose_reading(source, False, 8, tmp_path / "a").source, MappedSource)
    monkeypatch.setattr(reading_module, "_memory_bytes", lambda: 100)
    assert choose_reading(source, None, 8, tmp_path / "b").keep == 8
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("world", range(1, 9))
@pytest.mark.parametrize("block", [None, 2])
def test_every_clip_and_flip_comes_once_an_epoch_over_all_ranks(world, block):
    clips = Clips(make_source((20, 7, 31, 12), ("S1", "S5", "S6", "S7")), Windows(4), flip=True)
    seen = []
    for rank in range(world):
        loader = Loader(clips, 3, seed=1, rank=rank, world=world, block=block)
        batches = list(loader.iterate(Progress(2)))
        assert len(batches) == loader.steps_in_epoch
        seen += [clip for batch in batches for clip in _names(batch)]
    assert sorted(seen) == sorted(_names(clips.batch(np.arange(len(clips)))))


@pytest.mark.parametrize(("before", "after"), [(1, 3), (4, 1), (2, 5)])
@pytest.mark.parametrize("block", [None, 2])
def test_stopping_and_going_on_with_another_world_loses_and_doubles_nothing(before, after, block):
    clips = Clips(make_source((20, 7, 31, 12), ("S1", "S5", "S6", "S7")), Windows(4), flip=True)
    seen, progress = [], Progress(1)
    for rank in range(before):
        loader = Loader(clips, 2, seed=1, rank=rank, world=before, block=block)
        first_two = list(loader.iterate(progress))[:2]
        seen += [clip for batch in first_two for clip in _names(batch)]
    progress = loader.advance(loader.advance(progress))
    for rank in range(after):
        rest = Loader(clips, 2, seed=1, rank=rank, world=after, block=block)
        seen += [clip for batch in rest.iterate(progress) for clip in _names(batch)]
    assert sorted(seen) == sorted(_names(clips.batch(np.arange(len(clips)))))


@pytest.mark.slow
@pytest.mark.parametrize("workers", range(5))
@pytest.mark.parametrize("world", range(1, 9))
def test_workers_and_ranks_read_streamed_shards_alike(shards, world, workers):
    clips = Clips(ShardSource(shards, "noisy", "sentence"), Windows(9), flip=True, keep=2)
    for rank in range(world):
        options = {"seed": 3, "rank": rank, "world": world, "block": 2}
        alone = list(Loader(clips, 3, **options).iterate())
        others = list(Loader(clips, 3, workers=workers, **options).iterate())
        assert len(alone) == len(others)
        assert all(
            (one[key] == two[key]).all() for one, two in zip(alone, others, strict=True) for key in one
        )


def _names(batch):
    """What identifies the clips of a batch, padding left out."""
    counts = np.asarray(batch["weight"]).any(1)
    columns = [np.asarray(batch[key])[counts] for key in ("sequence", "camera", "start", "flipped")]
    return [tuple(int(value) for value in row) for row in zip(*columns, strict=True)]
