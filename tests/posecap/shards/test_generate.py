"""From a data set to a shard directory."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from posecap.cameras import world_to_camera
from posecap.captions import bank, caption
from posecap.errors import InputError
from posecap.manifests import manifest_path
from posecap.posecodes import extract, load_definitions
from posecap.shards import GenerateConfig, Silent, generate, open_shards, validate
from tests.fixtures.hasher import Hasher
from tests.fixtures.tiny_dataset import TinyDataset


def config(out, **changes):
    return dataclasses.replace(GenerateConfig("tiny", out, encoder=None, part_frames=50), **changes)


def contents(path):
    return {name: table.content for name, table in open_shards(path).manifest.tables.items()}


def test_every_row_is_the_row_of_its_frame(tiny_shards):
    dataset, shards = TinyDataset(sources=("gt", "sim")), open_shards(tiny_shards)
    sentences = shards.sentences()["sentence"].to_pylist()
    texts = dict(
        zip(*(shards.captions()[name].to_pylist() for name in ("caption_id", "caption")), strict=True)
    )
    for key in dataset.keys():  # noqa: SIM118
        sequence = dataset.read(key)
        rows = shards.read_frames(key)
        np.testing.assert_array_equal(rows.pose_3d, sequence.joints)
        assert rows.valid.tolist() == (
            [True] * sequence.num_frames if key != "S2/sway 1" else [False] * 3 + [True] * 4
        )
        told = caption(sequence.joints, style="canonical")
        selected = extract(sequence.joints).selected()
        for frame in range(sequence.num_frames):
            np.testing.assert_array_equal(rows.sentence_ids[frame], np.flatnonzero(selected[frame]))
            assert texts[rows.caption_ids[frame][0]] == told[frame]
            assert sorted(sentences[i] for i in rows.sentence_ids[frame]) == sorted(
                f"{one.strip()}." for one in told[frame].split(".") if one
            )
        for camera, view in sequence.views["sim"].items():
            read = shards.read_view(key, "sim", camera)
            np.testing.assert_array_equal(read.pose_2d, view.pose_2d.astype(np.float32))
            np.testing.assert_array_equal(read.confidence, view.confidence)
            assert read.sentence_ids is None


def test_small_tables_tell_of_every_sequence(tiny_shards):
    shards = open_shards(tiny_shards)
    assert shards.sequences()["sequence"].to_pylist() == TinyDataset().keys()
    assert shards.sequences()["num_frames"].to_pylist() == list(TinyDataset().lengths)
    assert shards.labels().num_rows == 10
    assert shards.cameras().num_rows == 10
    camera, expected = shards.camera("S1/sway 0", "c1"), TinyDataset().read("S1/sway 0").cameras[1]
    for field in ("focal", "center", "radial", "rotation", "position"):
        np.testing.assert_array_equal(getattr(camera, field), getattr(expected, field))


def test_the_bank_and_the_dictionary_are_those_of_the_definitions(tiny_shards):
    shards = open_shards(tiny_shards)
    definitions = extract(np.zeros((0, 17, 3))).definitions
    assert shards.sentences()["sentence"].to_pylist() == [one.text for one in bank(definitions)]
    assert shards.sentences()["sentence_id"].to_pylist() == list(range(len(definitions.statements)))
    np.testing.assert_array_equal(shards.sentence_mirrors, definitions.mirror_ids)
    columns = shards.posecode_dictionary()["column"].to_pylist()
    assert shards.posecodes().column_names == ["sequence", "frame", *columns]
    joints = TinyDataset().read("S1/sway 0").joints
    table = shards.posecodes().slice(0, len(joints)).select(columns)
    stored = np.stack([column.to_numpy() for column in table.columns], 1)
    np.testing.assert_array_equal(stored, extract(joints).category_table())


def test_each_caption_stands_once_and_its_mirror_mirrors_back(tiny_shards):
    shards = open_shards(tiny_shards)
    ids, mirrors = shards.caption_mirrors
    assert len(np.unique(ids)) == len(ids)
    assert np.isin(mirrors, ids).all()
    place = {identity: row for row, identity in enumerate(ids)}
    assert all(mirrors[place[mirror]] == own for own, mirror in zip(ids, mirrors, strict=True))
    rows = {row["caption_id"]: row for row in shards.captions().to_pylist()}
    of = shards.sentence_mirrors
    for identity, mirror in zip(ids, mirrors, strict=True):
        told = sorted(of[i] for one in rows[identity]["sentences"] for i in one["sentence_ids"])
        assert told == sorted(i for one in rows[mirror]["sentences"] for i in one["sentence_ids"])


@pytest.mark.parametrize("changes", [{"part_frames": 1}, {"part_frames": 10**6}, {"jobs": 2}])
def test_the_content_does_not_depend_on_how_the_work_is_cut(tiny_shards, tmp_path, changes):
    dataset = TinyDataset(sources=("gt", "sim"))
    generate(config(tmp_path / "other", **changes), dataset=dataset)
    assert contents(tmp_path / "other") == contents(tiny_shards)
    assert validate(tmp_path / "other", content=True) == []


def test_variants_and_views_in_the_camera_frame_have_their_own_captions(tmp_path):
    dataset = TinyDataset(lengths=(9, 5))
    generate(config(tmp_path / "seen", frame="camera", variants=2), dataset=dataset)
    shards = open_shards(tmp_path / "seen")
    assert "sentence_ids" not in shards.frames().column_names
    assert shards.read_frames("S1/sway 0").sentence_ids is None
    ids = shards.captions()["caption_id"].to_pylist()
    front = shards.read_view("S1/sway 0", "gt", "c0")
    side = shards.read_view("S1/sway 0", "gt", "c1")
    assert front.caption_ids.padded().shape == (9, 2)
    assert set(front.caption_ids.values) <= set(ids)
    assert not np.array_equal(front.sentence_ids.values, side.sentence_ids.values)
    assert shards.posecodes().num_rows == 2 * 14
    column = shards.posecode_dictionary()["column"].to_pylist()[20:23]
    for key in ("S1/sway 0", "S2/sway 1"):
        sequence = dataset.read(key)
        for camera in sequence.cameras:
            seen = world_to_camera(sequence.joints, camera)
            codes = extract(seen, frame="camera", up=camera.rotation @ [0, 0, 1]).category_table()[:, 20:23]
            rows = shards.read_posecodes(key, column, camera.name)
            np.testing.assert_array_equal(np.stack([one.to_numpy() for one in rows.columns], 1), codes)


def test_a_summary_counts_what_was_made(tmp_path):
    summary = generate(config(tmp_path / "out"), dataset=TinyDataset())
    assert (summary.sequences, summary.frames, summary.views) == (5, 114, 228)
    assert summary.sentences == summary.rows["sentences"] > 100
    told = open_shards(tmp_path / "out").frames(["caption_ids"])["caption_ids"]
    assert summary.captions == len({one for row in told.to_pylist() for one in row})
    assert summary.captions + summary.mirror_images == summary.rows["captions"]
    assert summary.mirror_images > 0
    assert set(summary.bytes) == set(summary.rows)
    assert min(summary.bytes.values()) > 0
    assert summary.seconds.keys() >= {"read", "posecodes", "captions", "write", "merge"}


def test_a_nan_pose_is_named_and_leaves_nothing(tmp_path):
    dataset = TinyDataset(broken=("S3/sway 2", 11))
    with pytest.raises(InputError, match=r"S3/sway 2: frame 11 has NaN"):
        generate(config(tmp_path / "out"), dataset=dataset)
    assert not (tmp_path / "out").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="frame 11"):
        generate(config(tmp_path / "empty", jobs=2), dataset=dataset)
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds something else \(notes.txt\)"):
        generate(config(tmp_path), dataset=TinyDataset())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(InputError, match="is a file"):
        generate(config(tmp_path / "notes.txt"), dataset=TinyDataset())


def test_whole_shards_are_kept_and_others_not_overwritten(tmp_path):
    first = generate(config(tmp_path / "out"), dataset=TinyDataset())
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    again = generate(config(tmp_path / "out"), dataset=TinyDataset())
    assert (again.frames, again.rows) == (first.frames, first.rows)
    with pytest.raises(InputError, match="holds other shards already"):
        generate(config(tmp_path / "out", seed=7), dataset=TinyDataset())
    for other in (TinyDataset(seed=1), TinyDataset(num_cameras=1), TinyDataset(sources=("gt", "sim"))):
        with pytest.raises(InputError, match=r"holds other shards already \(data differ"):
            generate(config(tmp_path / "out"), dataset=other)
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before


def test_an_interrupted_run_is_resumed_and_not_taken_for_a_whole_one(tmp_path, monkeypatch):
    class Interrupted(TinyDataset):
        def read(self, key):
            if key == "S1/sway 3":
                raise KeyboardInterrupt
            return super().read(key)

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        generate(config(out, part_frames=30), dataset=Interrupted())
    with pytest.raises(InputError, match="not finished"):
        open_shards(out)
    assert validate(out) != []
    with pytest.raises(InputError, match="half-made run with other settings"):
        generate(config(out, part_frames=30, seed=3), dataset=TinyDataset())
    whole = generate(config(out, part_frames=30), dataset=TinyDataset())
    assert whole.resumed_parts == 3
    generate(config(tmp_path / "undisturbed", part_frames=30), dataset=TinyDataset())
    assert (out / "manifest.json").read_bytes() == (tmp_path / "undisturbed" / "manifest.json").read_bytes()
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*")) == sorted(
        str(p.relative_to(tmp_path / "undisturbed")) for p in (tmp_path / "undisturbed").rglob("*")
    )


class Changed(TinyDataset):
    """The same lengths and names; one sequence is another motion."""

    def read(self, key):
        sequence = super().read(key)
        return (
            dataclasses.replace(sequence, joints=sequence.joints + 0.25) if key == "S2/sway 1" else sequence
        )


@pytest.mark.parametrize("encoder", [None, "hasher"])
def test_input_that_changed_before_a_run_is_resumed_is_not_mixed_in(tmp_path, monkeypatch, encoder):
    monkeypatch.setattr("posecap.encoders.load_encoder", lambda *args, **options: Hasher())
    monkeypatch.setattr("posecap.shards.generation.find_weights", lambda name: None)

    def stop(*args):
        raise KeyboardInterrupt

    out, told = tmp_path / "out", []
    with monkeypatch.context() as patch:
        patch.setattr("posecap.shards.finish.write_manifest", stop)
        with pytest.raises(KeyboardInterrupt):
            generate(config(out, part_frames=30, encoder=encoder), dataset=TinyDataset())
    progress = Silent()
    progress.warn = told.append
    again = generate(config(out, part_frames=30, encoder=encoder), progress, Changed())
    assert told == ["S2/sway 1: changed since it was read; its part is made again"]
    assert again.resumed_parts == 4
    generate(config(tmp_path / "undisturbed", part_frames=30, encoder=encoder), dataset=Changed())
    assert (out / "manifest.json").read_bytes() == (tmp_path / "undisturbed" / "manifest.json").read_bytes()
    assert validate(out) == []


def test_a_second_run_into_the_same_directory_is_refused(tmp_path, monkeypatch):
    from posecap.shards import directory

    monkeypatch.setattr(directory, "PATIENCE", 0.0)
    out = tmp_path / "out"
    with directory.hold(out), pytest.raises(InputError, match="another run is writing here"):
        generate(config(out), dataset=TinyDataset())
    generate(config(out), dataset=TinyDataset())
    assert validate(out) == []


def test_names_needed_at_the_end_are_looked_at_first(tmp_path, monkeypatch):
    monkeypatch.setattr("posecap.shards.generation.make_plan", lambda *args: pytest.fail("work was begun"))
    with pytest.raises(InputError, match="unknown granularity 'sentense'"):
        generate(config(tmp_path, granularities=("sentense",)), dataset=TinyDataset())
    with pytest.raises(InputError, match="unknown frame 'as-is'"):
        generate(config(tmp_path, frame="as-is"), dataset=TinyDataset())
    with pytest.raises(InputError, match="text encoder 'nobody/nothing': no weights found"):
        generate(config(tmp_path, encoder="nobody/nothing"), dataset=TinyDataset())


def test_unknown_subjects_and_sequences_are_named(tmp_path):
    with pytest.raises(InputError, match="unknown subject 'S9'"):
        generate(config(tmp_path / "out", subjects=("S9",)), dataset=TinyDataset())
    generate(config(tmp_path / "out", subjects=("S2",)), dataset=TinyDataset())
    assert open_shards(tmp_path / "out").sequences()["subject"].unique().to_pylist() == ["S2"]


def test_the_manifest_tells_what_training_needs(tiny_shards):
    data = json.loads((tiny_shards / "manifest.json").read_text())
    assert data["skeleton"]["parents"][:4] == [-1, 0, 1, 2]
    assert len(data["skeleton"]["pairs"]) == 6
    assert data["keypoints"] == ["gt", "sim"]
    assert data["tables"]["frames"]["rows"] == sum(TinyDataset().lengths)
    assert {"name", "sha256", "sentences", "left_out"} == set(data["definitions"])


def test_definitions_of_ones_own_travel_with_the_shards(tmp_path):
    text = manifest_path("posecodes", "h36m17").read_text().replace("name: h36m17", "name: mine", 1)
    (tmp_path / "mine.yaml").write_text(text)
    own = config(tmp_path / "out", definitions=str(tmp_path / "mine.yaml"))
    generate(own, dataset=TinyDataset(lengths=(5,)))
    (tmp_path / "mine.yaml").unlink()
    shards = open_shards(tmp_path / "out")
    assert shards.definitions().name == "mine"
    assert shards.definitions().sha256 == shards.manifest.definitions.sha256
    assert load_definitions(str(tmp_path / "out" / "definitions.yaml")).sha256 == shards.definitions().sha256


@pytest.mark.parametrize("frame", ["body", "camera"])
def test_what_a_skeleton_cannot_tell_is_in_the_manifest(tmp_path, frame):
    full = config(tmp_path / "out", definitions="posescript", frame=frame)
    generate(full, dataset=TinyDataset(lengths=(5,)))
    left_out = open_shards(tmp_path / "out").manifest.definitions.left_out
    expected = extract(np.zeros((0, 17, 3)), definitions="posescript", frame=frame).left_out
    assert any("viewer" in one.reason for one in expected) == (frame == "camera")
    assert [(one.kind, one.joints, one.reason) for one in left_out] == [
        (one.kind, one.joints, one.reason) for one in expected
    ]


def test_parts_that_are_left_out_are_in_no_sentence(tmp_path):
    generate(config(tmp_path / "out", without=("left_hand",)), dataset=TinyDataset(lengths=(9,)))
    shards = open_shards(tmp_path / "out")
    own = shards.find_captions(shards.read_frames("S1/sway 0").caption_ids.values, ["caption"])
    assert own.num_rows > 0
    assert not any("left hand" in text for text in own["caption"].to_pylist())
    with pytest.raises(InputError, match="unknown body part 'tail'"):
        generate(config(tmp_path / "tail", without=("tail",)), dataset=TinyDataset(lengths=(9,)))
    assert not (tmp_path / "tail").exists()


def test_captions_begin_with_the_shortest_action_that_holds(tmp_path):
    generate(config(tmp_path / "out", with_action=True), dataset=TinyDataset(lengths=(9,)))
    shards = open_shards(tmp_path / "out")
    rows = {row["caption_id"]: row for row in shards.captions().to_pylist()}
    told = [rows[ids[0]] for ids in shards.read_frames("S1/sway 0").caption_ids]
    assert ["sway a lot" in row["caption"] for row in told] == [2 <= frame < 5 for frame in range(9)]
    assert all("sway" in row["sentences"][0]["text"] for row in told)
    assert all(row["sentences"][0]["sentence_ids"] == [] for row in told)


def test_the_camera_frame_needs_cameras(tmp_path):
    with pytest.raises(InputError, match="S1/sway 0: has no cameras"):
        generate(config(tmp_path / "out", frame="camera"), dataset=TinyDataset(num_cameras=0))
    assert not (tmp_path / "out").exists()


def test_motion_without_cameras_makes_shards_without_views(tmp_path):
    summary = generate(config(tmp_path / "out"), dataset=TinyDataset(num_cameras=0))
    shards = open_shards(tmp_path / "out")
    assert (summary.views, shards.sources) == (0, ())
    assert shards.read_frames("S1/sway 0").pose_3d.shape == (30, 17, 3)
    assert validate(tmp_path / "out", content=True) == []
