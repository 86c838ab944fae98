"""Training with videos of which nothing but 2D and written captions is known."""

import dataclasses

import numpy as np
import pytest
import torch

from lifting.data import Clips, MemorySource, Windows
from lifting.data.videos import Videos, read_videos
from lifting.data.written import Span
from lifting.recipes import SupervisionChoice
from lifting.training import TrainConfig, train
from lifting.training.captions import CaptionSupervision
from lifting.training.facts import TextFacts
from lifting.training.log import read_log
from lifting.training.ranks import Ranks
from lifting.training.setup import build_learner, training_clips
from lifting.training.told import told_source, with_video_subjects
from posecap.captions import bank
from posecap.errors import InputError
from posecap.posecodes.definitions import load_definitions
from tests.fixtures import keypoint_files as files
from tests.fixtures.clips import make_source
from tests.fixtures.runs import tiny_recipe, tiny_text

CPU = torch.device("cpu")
ONE_WITH_3D = "supervision={subjects_3d: [S1]}"
BENT = [
    number
    for number, one in enumerate(bank(load_definitions("h36m17")))
    if one.text in ("The left knee is completely bent.", "The right elbow is completely bent.")
]
WRITTEN = {"walk": [Span(0, 12, tuple(BENT))]}


@pytest.fixture
def videos(tmp_path):
    path = files.write_rtmlib(tmp_path / "walk.npz", files.tracks_of_people(12))
    return read_videos([path], size=files.SIZE, fps=50)


def shards_like():
    """Sequences with 3D, known cameras and no statements of the others."""
    source = make_source((20, 7, 31, 12), ("S1", "S5", "S9", "S6"))
    known = np.array([1.0, 1, 0, 0, 0, 0, 0, 0, 0])
    data = []
    for index in range(len(source.infos)):
        one = source.load(index)
        views = tuple(dataclasses.replace(view, intrinsics=known) for view in one.views)
        data.append(dataclasses.replace(one, views=views))
    definitions = load_definitions("h36m17")
    return MemorySource(source.infos, data, source.mirror_joints, definitions.mirror_ids)


def config_of(out, videos, *overrides, written=WRITTEN, **options):
    recipe = tiny_recipe(*(overrides or (ONE_WITH_3D,)))
    return TrainConfig(out, recipe, out, device="cpu", videos=videos, written=written, **options)


def run(*arguments, **options):
    return train(config_of(*arguments, **options), source=shards_like(), text=tiny_text())


def mixed_batch(config, numbers):
    """Clips of S1 and of the video, `numbers` from the start or the end of all."""
    config = with_video_subjects(config)
    clips = Clips(
        told_source(shards_like(), config),
        Windows(5),
        unlabelled=config.recipe.supervision.subjects_captions,
    )
    items = np.array([number % len(clips) for number in numbers])
    return {key: torch.from_numpy(value) for key, value in clips.batch(items).items()}


def part(batch, rows):
    return {key: value[rows] for key, value in batch.items()}


def test_a_run_learns_from_a_video_by_re_projection_and_captions(videos, tmp_path):
    done = run(tmp_path / "run", videos, ONE_WITH_3D, "training.steps=30", "optimizer.lr=0.001")
    row = read_log(done.path)[-1]
    assert row["reprojection"] > 0
    assert row["constraints"] > 0
    assert row["err1"] > 0
    assert np.isfinite(row["total"])
    assert done.info.train_subjects == ("S1", "walk")
    assert done.info.videos == videos.records


def test_what_is_written_of_a_video_changes_the_run(videos, tmp_path):
    mute = {"walk": [Span(0, 12, ())]}
    told, silent = run(tmp_path / "a", videos), run(tmp_path / "b", videos, written=mute)
    assert told.weights_file.read_bytes() != silent.weights_file.read_bytes()
    assert all(row["constraints"] == 0 for row in read_log(silent.path) if "constraints" in row)


def test_a_video_adds_nothing_to_the_errors_against_3d(videos, tmp_path):
    config = with_video_subjects(config_of(tmp_path, videos))
    learner = build_learner(config.recipe, 17, tiny_text(), CPU, Ranks(), 0)
    learner.model.eval()
    batch = mixed_batch(config, (0, 1, 2, -1, -2))
    together, _ = learner.terms(batch)
    labelled, _ = learner.terms(part(batch, slice(0, 3)))
    video, _ = learner.terms(part(batch, slice(3, None)))
    assert together["err1"].item() == pytest.approx(labelled["err1"].item(), rel=1e-5)
    assert video["err1"] == 0
    assert video["bones"] == 0
    for name in ("reprojection", "constraints"):
        assert labelled[name] == 0
        assert together[name].item() == pytest.approx(video[name].item(), rel=1e-4)
        assert video[name] > 0


def test_the_bones_of_a_video_are_compared_with_those_of_clips_with_3d_alone(videos, tmp_path):
    batch = mixed_batch(config_of(tmp_path, videos), (0, 1, -1, -2))
    supervision = CaptionSupervision(SupervisionChoice(warmup_steps=0, bones=1.0), TextFacts(), CPU)
    as_labelled = batch["pose_3d"].clone()
    as_labelled[2:] = as_labelled[:2]
    assert supervision.terms(as_labelled, batch, 0)["bones"] == 0
    assert supervision.terms(1.3 * as_labelled, batch, 0)["bones"] > 0.01


def test_a_video_is_scaled_onto_its_2d_and_shards_are_projected_by_their_cameras(videos, tmp_path):
    batch = mixed_batch(config_of(tmp_path, videos), (0, 1, -1, -2))
    batch["labelled"] = torch.zeros(4)
    pose = 0.3 * torch.randn(batch["pose_3d"].shape, generator=torch.Generator().manual_seed(0))
    told, untold = (
        CaptionSupervision(SupervisionChoice(warmup_steps=0, known_cameras=known), TextFacts(), CPU)
        for known in (True, False)
    )
    flat = [
        [way.terms(pose[rows], part(batch, rows), 0)["reprojection"].item() for way in (told, untold)]
        for rows in (slice(0, 2), slice(2, 4))
    ]
    assert flat[0][0] != pytest.approx(flat[0][1], rel=1e-3)
    assert flat[1][0] == flat[1][1]


def test_the_last_shard_subject_and_no_video_is_held_out(videos, tmp_path):
    done = run(tmp_path / "run", videos, "training.select=val")
    assert done.info.train_subjects == ("S1", "S5", "walk")
    with pytest.raises(InputError, match="unknown training subject 'walk': known: S1, S5, S6"):
        run(tmp_path / "other", videos, "training.validate_subject=walk")
    assert not (tmp_path / "other").exists()


def test_clips_of_videos_occur_as_often_as_asked(videos, tmp_path):
    found = []
    for times in (1, 4):
        told = with_video_subjects(config_of(tmp_path, videos, f"supervision.repeat_videos={times}"))
        clips = training_clips(told.recipe, told_source(shards_like(), told))
        found.append([not clips.info(sequence).has_3d for sequence in clips.groups])
    once, often = found
    assert sum(often) == 4 * sum(once) > 0
    assert len(often) - sum(often) == len(once) - sum(once)


def test_captions_are_told_in_the_frames_of_the_video(tmp_path):
    people = files.tracks_of_people(12)
    folder = files.write_openpose(tmp_path / "late", people, without=(0, 1, 2))
    videos = read_videos([folder], size=files.SIZE, fps=50)
    config = config_of(tmp_path, videos, written={"late": [Span(5, 7, (4,)), Span(0, 4, (2,))]})
    source = told_source(shards_like(), with_video_subjects(config))
    assert source.load(len(source.infos) - 1).sentence_ids[:, 0].tolist() == [2, -1, 4, 4, *[-1] * 5]


def test_people_of_whom_nothing_is_written_are_left_out(tmp_path):
    path = files.write_alphapose(tmp_path / "two.json", files.tracks_of_people(8, 2))
    videos = read_videos([path], size=files.SIZE, fps=50)
    config = with_video_subjects(config_of(tmp_path, videos, written={"two/2": [Span(0, 8, (1,))]}))
    source = told_source(shards_like(), config)
    assert [info.key for info in source.infos if not info.has_3d] == ["two/2"]


def test_captions_of_videos_alone_leave_the_shards_captions_as_they_are(videos, tmp_path):
    both = "supervision={subjects_3d: [S1], subjects_captions: [S5]}"
    config = with_video_subjects(config_of(tmp_path, videos, both))
    source = shards_like()
    told = told_source(source, config)
    np.testing.assert_array_equal(told.load(1).sentence_ids, source.load(1).sentence_ids)
    of_shards = {**WRITTEN, source.infos[1].key: [Span(0, 2, (3,))]}
    told = told_source(source, dataclasses.replace(config, written=of_shards))
    assert told.load(1).sentence_ids[:, 0].tolist() == [3, 3, -1, -1, -1, -1, -1]


@pytest.mark.parametrize(
    ("written", "overrides", "message"),
    [
        (None, (), "videos need captions"),
        ({}, (), "captions do not mention the video 'walk'"),
        ({**WRITTEN, "wlk": [Span(0, 1, ())]}, (), "unknown sequence with captions 'wlk': did you mean walk"),
        ({"walk": [Span(12, 14, ())]}, (), "'walk': it has no frames 12 to 13, but 0 to 11"),
        (WRITTEN, ("supervision={subjects_3d: [S1, walk]}",), "'walk' has no 3D"),
    ],
)
def test_captions_that_do_not_fit_the_videos_are_one_line_and_leave_nothing(
    videos, tmp_path, written, overrides, message
):
    with pytest.raises(InputError, match=message) as error:
        run(tmp_path / "run", videos, *overrides, written=written)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_with_its_videos_and_no_others(videos, tmp_path):
    begun = run(tmp_path / "run", videos)
    assert run(tmp_path / "run", videos, resume=True).info == begun.info
    (record,) = videos.records
    other = Videos(videos.tracks, ({**record, "sha256": "0"},))
    with pytest.raises(InputError, match="cannot be resumed with other videos"):
        run(tmp_path / "run", other, resume=True)


@pytest.mark.parametrize("way", ["training.stream=true", "training.workers=1"])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_streamed_or_by_workers_a_run_with_videos_is_a_run(way, videos, tmp_path):
    row = read_log(run(tmp_path / "run", videos, ONE_WITH_3D, way, "training.steps=20").path)[-1]
    assert row["reprojection"] > 0
