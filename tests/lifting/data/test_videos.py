"""Videos without 3D beside sequences with 3D."""

import dataclasses
import pickle

import numpy as np
import pytest

from lifting.data import Clips, MemorySource, SequenceData, ViewData, Windows
from lifting.data.joined import WithVideos
from lifting.data.loader import Loader
from lifting.data.mapped import MappedSource
from lifting.data.videos import content_sha256, read_videos
from lifting.data.written import Span, WrittenCaptions
from posecap.cameras import Camera
from posecap.errors import InputError
from tests.fixtures import keypoint_files as files
from tests.fixtures.clips import make_source

INTRINSICS = np.array([1.0, 1, 0, 0, 0, 0, 0, 0, 0])


def read(*paths, **options):
    return read_videos(paths, **({"size": files.SIZE, "fps": 25.0} | options))


@pytest.fixture
def walk(tmp_path):
    return files.write_rtmlib(tmp_path / "walk.npz", files.tracks_of_people(12))


def known_cameras():
    """A source with 3D whose cameras are known."""
    source = make_source()
    data = [source.load(index) for index in range(len(source.infos))]
    views = [tuple(dataclasses.replace(view, intrinsics=INTRINSICS) for view in one.views) for one in data]
    seen = [dataclasses.replace(one, views=own) for one, own in zip(data, views, strict=True)]
    return MemorySource(source.infos, seen, source.mirror_joints, source.mirror_ids)


def joined(path, source=None):
    source = WithVideos(source or known_cameras(), read(path).tracks)
    return WrittenCaptions(source, {"walk": [Span(0, 6, (1, 2))]}, ["walk"])


def test_a_video_is_a_sequence_of_its_own_subject_without_3d(walk):
    (track,) = read(walk).tracks
    assert (track.info.key, track.info.subject, track.info.fps) == ("walk", "walk", 25.0)
    assert not track.info.has_3d
    assert track.data.world is None
    assert np.isnan(track.data.up).all()
    assert track.data.views[0].intrinsics is None


@pytest.mark.parametrize(
    "write", [files.write_coco_results, files.write_alphapose, files.write_openpose, files.write_mmpose]
)
def test_every_format_of_keypoints_can_be_trained_on(write, tmp_path):
    path = write(tmp_path / "seen.json", files.tracks_of_people(8))
    (track,) = read(path).tracks
    points = track.data.views[0].pose_2d
    assert points.shape == (8, 17, 3)
    assert np.abs(points[..., :2]).max() < 1.1
    assert points[..., 2].max() <= 1


def test_each_person_of_a_video_is_a_sequence(tmp_path):
    videos = read(files.write_alphapose(tmp_path / "two.json", files.tracks_of_people(8, 2)))
    assert [track.info.key for track in videos.tracks] == ["two/1", "two/2"]
    assert videos.subjects == ("two",)


def test_a_video_is_known_again_by_the_bytes_of_its_file_or_folder(walk, tmp_path):
    (record,) = read(walk).records
    assert record["sha256"] == content_sha256(walk)
    assert {"name": "walk", "fps": 25.0, "size": [1000, 1002]}.items() <= record.items()
    folder = files.write_openpose(tmp_path / "open", files.tracks_of_people(4))
    before = content_sha256(folder)
    next(folder.glob("*2_keypoints.json")).rename(folder / "clip_000000000009_keypoints.json")
    assert content_sha256(folder) != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fps": None}, "does not tell its frame rate"),
        ({"size": None}, "does not tell the image size"),
        ({"up": (0.0, 0.0, 0.0)}, "no direction"),
        ({"up": (0.0, float("nan"), 0.0)}, "no direction"),
    ],
)
def test_what_a_video_does_not_tell_must_be_told(walk, options, message):
    with pytest.raises(InputError, match=message):
        read(walk, **options)


def test_two_videos_of_one_name_are_refused(walk, tmp_path):
    (tmp_path / "other").mkdir()
    second = files.write_rtmlib(tmp_path / "other" / "walk.npz", files.tracks_of_people(5))
    with pytest.raises(InputError, match="another video is called 'walk'"):
        read(walk, second)


def test_a_video_may_not_be_called_as_a_subject_of_the_shards(tmp_path):
    videos = read(files.write_rtmlib(tmp_path / "S5.npz", files.tracks_of_people(5)))
    with pytest.raises(InputError, match="'S5' has a name that the shards use"):
        WithVideos(make_source(), videos.tracks)


def test_clips_with_3d_are_the_same_beside_videos_and_without(walk):
    alone, beside = Clips(known_cameras(), Windows(5), flip=True), Clips(joined(walk), Windows(5), flip=True)
    assert len(beside) > len(alone)
    mixed = beside.batch(np.array([*range(6), len(beside) - 1]))
    for key, value in alone.batch(np.arange(6)).items():
        np.testing.assert_array_equal(mixed[key][:6][..., : value.shape[-1]] if value.ndim else value, value)
    assert mixed["labelled"].tolist() == [1] * 6 + [0]


def test_a_clip_of_a_video_brings_no_3d_and_no_intrinsics_and_what_was_written(walk):
    clips = Clips(joined(walk), Windows(5))
    batch = clips.batch(np.array([0, len(clips) - 1, len(clips) - 3]))
    assert np.isfinite(batch["intrinsics"][0]).all()
    assert np.isnan(batch["intrinsics"][1:]).all()
    assert not batch["pose_3d"][1:].any()
    assert np.isnan(batch["up"][1]).all()
    assert (batch["sentence_ids"][1] == -1).all()
    assert (batch["sentence_ids"][2, -1] >= 0).sum() == 2


def test_no_frame_of_a_video_is_lost(walk):
    clips = Clips(joined(walk), Windows(5), wanted=lambda info: not info.has_3d)
    assert clips.batch(np.arange(len(clips)))["weight"].sum() == 12


def test_frames_count_without_3d_even_where_none_is_said_to_be_valid():
    source = make_source((12,), ("S1",))
    data = source.load(0)
    nothing_valid = np.zeros(12, bool)
    for world, expected in ((None, 24), (data.world, 0)):
        told = dataclasses.replace(data, world=world, valid=nothing_valid)
        clips = Clips(MemorySource(source.infos, [told], source.mirror_joints, source.mirror_ids), Windows(5))
        assert clips.batch(np.arange(len(clips)))["weight"].sum() == expected


def test_a_clip_of_a_video_has_unknown_categories_where_clips_bring_them(walk):
    view = ViewData("a", np.zeros((4, 17, 3), np.float32), np.eye(3), np.zeros(3))
    data = SequenceData(np.zeros((4, 17, 3)), (view,), categories=np.ones((4, 9), np.int8))
    base = make_source((4,), ("S1",), ("a",))
    source = MemorySource(base.infos, [data], base.mirror_joints, base.mirror_ids, lambda codes: codes)
    clips = Clips(WithVideos(source, read(walk).tracks), Windows(4))
    assert clips.batch(np.array([0, 1]))["categories"].mean(axis=(1, 2)).tolist() == [1, -1]


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_videos_are_the_same_held_mapped_streamed_and_in_workers(walk, tmp_path):
    source = joined(walk)
    held = list(Loader(Clips(source, Windows(5), flip=True), 3).iterate())
    ways = {
        "mapped": Loader(Clips(MappedSource(source, tmp_path / "clips"), Windows(5), flip=True), 3),
        "streamed": Loader(Clips(source, Windows(5), flip=True, keep=1), 3),
        "sent": Loader(Clips(pickle.loads(pickle.dumps(source)), Windows(5), flip=True), 3),
        "workers": Loader(Clips(source, Windows(5), flip=True), 3, workers=2),
    }
    for way, loader in ways.items():
        for one, other in zip(held, loader.iterate(), strict=True):
            assert one.keys() == other.keys(), way
            for key in one:
                np.testing.assert_array_equal(one[key], other[key], err_msg=f"{way} {key}")


def test_a_focal_length_that_is_told_projects_as_a_camera_with_the_image_in_its_middle(walk):
    (track,) = read(walk, focal=1500.0).tracks
    width, height = read(walk).records[0]["size"]
    focal, center = np.array([1500.0, 1500.0]), np.array([width / 2, height / 2])
    camera = Camera("", width, height, focal, center, np.zeros(3), np.zeros(2), np.eye(3), np.zeros(3))
    np.testing.assert_allclose(track.data.views[0].intrinsics, camera.intrinsics())
    assert read(walk, focal=1500.0).records[0]["focal"] == 1500.0
