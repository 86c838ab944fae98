"""The command posecap on tiny data: what it prints, and what it does with a user's mistakes."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from posecap.manifests import manifest_path
from posecap.shards import open_shards
from tests.cli.conftest import TINY_DEMO
from tests.fixtures.bvh_people import HABITS, write_person
from tests.fixtures.h36m_files import swinging_motion, write_h36m

HEAVY = ("torch", "pandas", "transformers", "sentence_transformers", "matplotlib", "duckdb", "scipy")
COMMANDS = (
    "generate", "embed", "mine", "caption", "inspect", "query", "stats", "report", "validate", "datasets"
)  # fmt: skip
WHERE = "right_elbow angle is 'slightly bent' and hands distance is not 'shoulder width'"


def _fresh(code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a new interpreter, as a user's shell would."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["inspect", "{shards}"],
        ["inspect", "{shards}", "--where", WHERE],
        ["datasets", "list"],
        ["validate", "{shards}"],
    ],
)
def test_quick_commands_load_no_heavy_library(arguments, made_shards):
    filled = [argument.format(shards=made_shards) for argument in arguments]
    done = _fresh(
        "import sys\nfrom cli.posecap import app\n"
        f"try:\n    app({filled!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert done.stdout.splitlines()[-1] == "loaded []", done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_what_goes_in_what_comes_out_and_an_example(command, posecap):
    told = posecap.succeed(command, "--help")
    assert f"Example: posecap {command}" in told
    if command != "datasets":
        assert "In: " in told
        assert "Out: " in told


def test_the_version_is_told(posecap):
    import posecap as package

    assert posecap.succeed("--version").strip() == package.__version__


@pytest.mark.parametrize("arguments", [["generate"], ["inspect"], ["inspect", "x", "--nope"], ["unknown"]])
def test_a_bad_command_line_ends_with_exit_code_2(arguments, posecap):
    assert posecap.run(*arguments).exit_code == 2


# generate


def test_generate_prints_a_summary_of_what_it_made(tmp_path, posecap):
    out = tmp_path / "shards"
    printed = posecap.succeed("generate", *TINY_DEMO, "--subjects", "D2", "--out", out, "--encoder", "none")
    shards = open_shards(out)
    counts = dict(line.rsplit(maxsplit=1) for line in printed.split("\n\n")[0].splitlines())
    assert counts["frames"] == str(shards.manifest.tables["frames"].rows)
    assert counts["views"] == str(shards.manifest.tables["views/gt"].rows)
    assert counts["sentences"] == str(shards.manifest.tables["sentences"].rows)
    assert {row.split()[0] for row in printed.split("\n\n")[1].splitlines()[1:]} == set(
        shards.manifest.tables
    )


def test_generate_gives_its_summary_as_json_and_its_progress_elsewhere(tmp_path, posecap):
    done = posecap.run("generate", *TINY_DEMO, "--out", tmp_path / "out", "--encoder", "none", "--json")
    summary = json.loads(done.stdout)
    assert summary["frames"] == 12 * 30
    assert summary["bytes"]["frames"] == sum(f.stat().st_size for f in (tmp_path / "out/frames").iterdir())
    assert "frames/s" in done.stderr


def test_generate_reads_human36m_files_with_two_2d_sources(tmp_path, posecap):
    write_h36m(tmp_path / "data")
    posecap.succeed(
        "generate", "--dataset", "h36m", "--root", tmp_path / "data", "--keypoints", "gt,noisy",
        "--out", tmp_path / "out", "--encoder", "none",
    )  # fmt: skip
    assert open_shards(tmp_path / "out").sources == ("gt", "noisy")


def _write_nan_poses(folder: Path) -> None:
    write_h36m(folder)
    with np.load(folder / "data_3d_h36m.npz", allow_pickle=True) as archive:
        poses = archive["positions_3d"].item()
    poses["S9"]["Walking"][7, 3] = np.nan
    np.savez(folder / "data_3d_h36m.npz", positions_3d=poses)


def _write_wrong_shape(folder: Path) -> None:
    write_h36m(folder)
    np.savez(folder / "data_3d_h36m.npz", positions_3d={"S9": {"Walking": np.zeros((9, 5, 3), np.float32)}})


def _write_without_2d(folder: Path) -> None:
    write_h36m(folder, sources=())


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (_write_nan_poses, ("S9/Walking", "frame 7", "NaN")),
        (_write_wrong_shape, ("S9/Walking", "(9, 5, 3)")),
        (_write_without_2d, ("2D source", "'gt'")),
        (lambda folder: folder.mkdir(), ("data_3d_h36m.npz", "no such file")),
        (lambda folder: None, ("no such",)),
    ],
    ids=["nan", "wrong shape", "no 2d file", "no 3d file", "no folder"],
)
def test_generate_refuses_bad_files_in_one_line_and_leaves_nothing(write, told, tmp_path, posecap):
    write(tmp_path / "data")
    out = tmp_path / "out"
    line = posecap.fail("generate", "--dataset", "h36m", "--root", tmp_path / "data", "--out", out)
    for word in told:
        assert word in line
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--dataset", "h36n"], ("unknown dataset 'h36n'", "did you mean h36m")),
        (["--dataset", "h36m"], ("h36m", "root")),
        ([*TINY_DEMO, "--style", "canonicle"], ("unknown style", "did you mean canonical")),
        ([*TINY_DEMO, "--posecodes", "posescripd"], ("posecode definitions 'posescripd'", "posescript")),
        ([*TINY_DEMO, "--keypoints", "cpn"], ("'cpn'", "gt")),
        ([*TINY_DEMO, "--subjects", "D9"], ("'D9'", "D1")),
        ([*TINY_DEMO, "--frame", "boddy"], ("unknown frame 'boddy'", "did you mean body")),
        ([*TINY_DEMO, "--without", "haed"], ("unknown body part 'haed'", "did you mean head")),
        ([*TINY_DEMO, "--option", "colour=red"], ("no option 'colour'",)),
        ([*TINY_DEMO, "--option", "colour"], ("NAME=VALUE",)),
        ([*TINY_DEMO, "--encoder", "no/such-encoder"], ("no/such-encoder",)),
        ([*TINY_DEMO, "--granularity", "sentense"], ("sentense", "sentence")),
    ],
)
def test_generate_names_the_near_names_for_a_wrong_one_and_leaves_nothing(arguments, told, tmp_path, posecap):
    line = posecap.fail("generate", *arguments, "--out", tmp_path / "out")
    for word in told:
        assert word in line
    assert not (tmp_path / "out").exists()


def test_generate_leaves_a_directory_that_holds_something_else_as_it_is(tmp_path, posecap):
    (tmp_path / "holiday.jpg").write_bytes(b"photo")
    line = posecap.fail("generate", *TINY_DEMO, "--out", tmp_path)
    assert "holds something else (holiday.jpg)" in line
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_generate_refuses_a_file_as_its_output(tmp_path, posecap):
    (tmp_path / "out").write_text("text")
    assert "is a file" in posecap.fail("generate", *TINY_DEMO, "--out", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "text"


# inspect


def test_inspect_shows_captions_of_the_chosen_frames(made_shards, posecap):
    rows = json.loads(
        posecap.succeed(
            "inspect", made_shards, "--subject", "d5", "--action", "Waving", "--limit", 3, "--json"
        )
    )
    assert [(row["sequence"], row["frame"]) for row in rows] == [("D5/waving 1", index) for index in range(3)]
    shards = open_shards(made_shards)
    captions = shards.captions().to_pylist()
    text_of = {row["caption_id"]: row["caption"] for row in captions}
    ids = shards.read_frames("D5/waving 1").caption_ids
    assert [row["caption"] for row in rows] == [text_of[int(ids[index][0])] for index in range(3)]


def test_inspect_prints_the_same_rows_in_every_format(made_shards, posecap):
    arguments = ("inspect", made_shards, "--every", 7, "--limit", 5)
    rows = json.loads(posecap.succeed(*arguments, "--format", "json"))
    read = list(csv.DictReader(posecap.succeed(*arguments, "--format", "csv").splitlines()))
    assert read == [{name: str(value) for name, value in row.items()} for row in rows]
    table = posecap.succeed(*arguments).splitlines()
    assert len(table) == 6
    for line, row in zip(table[1:], rows, strict=True):
        assert line.endswith(row["caption"])


def test_inspect_changes_leaves_out_frames_told_like_the_one_before(made_shards, posecap):
    every = json.loads(posecap.succeed("inspect", made_shards, "--limit", 0, "--json"))
    changes = json.loads(posecap.succeed("inspect", made_shards, "--limit", 0, "--changes", "--json"))
    kept = [
        row
        for before, row in zip([{}, *every], every, strict=False)
        if (row["sequence"], row["caption"]) != (before.get("sequence"), before.get("caption"))
    ]
    assert changes == kept
    assert 4 <= len(changes) < len(every)


def test_inspect_shows_one_frame_of_one_sequence(made_shards, posecap):
    rows = json.loads(
        posecap.succeed("inspect", made_shards, "--sequence", "D1/walking 1", "--frame", 9, "--json")
    )
    assert [(row["sequence"], row["frame"]) for row in rows] == [("D1/walking 1", 9)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--subject", "D7"], ("unknown subject 'D7'", "D1")),
        (["--action", "wavin"], ("unknown action 'wavin'", "did you mean waving")),
        (["--sequence", "D1/walkin"], ("unknown sequence", "did you mean D1/walking 1")),
        (["--frame", "30"], ("no frame 30", "29")),
        (["--subject", "D1", "--sequence", "D5/walking 1"], ("no sequence", "together")),
        (["--camera", "A"], ("captions belong to frames",)),
    ],
)
def test_inspect_names_what_is_not_in_the_shards(arguments, told, made_shards, posecap):
    line = posecap.fail("inspect", made_shards, *arguments)
    for word in told:
        assert word in line


def test_inspect_prints_captions_of_views_where_captions_belong_to_them(tmp_path, posecap):
    out = tmp_path / "shards"
    posecap.succeed(
        "generate", *TINY_DEMO, "--subjects", "D1", "--frame", "camera", "--out", out, "--encoder", "none"
    )
    rows = json.loads(posecap.succeed("inspect", out, "--frame", 3, "--limit", 4, "--json"))
    assert len({row["camera"] for row in rows}) == 4
    first = rows[0]["camera"]
    only = json.loads(posecap.succeed("inspect", out, "--frame", 3, "--camera", first, "--json"))
    assert {row["camera"] for row in only} == {first}
    assert "camera" in posecap.fail("inspect", out, "--camera", "left")


def test_inspect_where_shows_exactly_the_frames_of_which_it_holds(made_shards, posecap):
    rows = json.loads(posecap.succeed("inspect", made_shards, "--where", WHERE, "--limit", 0, "--json"))
    shards = open_shards(made_shards)
    entries = {(row["kind"], *row["roles"]): row for row in shards.posecode_dictionary().to_pylist()}
    elbow = entries["angle", "right_shoulder", "right_elbow", "right_wrist"]
    hands = entries["distance", "left_hand", "right_hand"]
    expected = [
        (row["sequence"], row["frame"])
        for row in shards.posecodes(["sequence", "frame", elbow["column"], hands["column"]]).to_pylist()
        if elbow["categories"][row[elbow["column"]]] == "slightly bent"
        and hands["categories"][row[hands["column"]]] != "shoulder width"
    ]
    assert expected
    assert len(expected) < shards.manifest.tables["frames"].rows
    assert sorted((row["sequence"], row["frame"]) for row in rows) == sorted(expected)


def test_inspect_says_that_nothing_passes_a_filter_beside_an_empty_result(made_shards, posecap):
    chosen = ("inspect", made_shards, "--where", "body is kneeling")
    done = posecap.run(*chosen)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.strip() == "no frame passes these filters"
    assert json.loads(posecap.succeed(*chosen, "--json")) == []


def test_inspect_where_combines_with_the_other_filters(made_shards, posecap):
    chosen = ("--where", WHERE, "--action", "walking", "--every", 2, "--limit", 0, "--json")
    rows = json.loads(posecap.succeed("inspect", made_shards, *chosen))
    every = json.loads(posecap.succeed("inspect", made_shards, "--where", WHERE, "--limit", 0, "--json"))
    assert rows == [row for row in every if row["action"] == "walking" and row["frame"] % 2 == 0]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("left_elbw angle is straight", "did you mean left_elbow"),
        ("left_elbow angle is purple", "purple"),
        ("left_elbow angle", "left_elbow angle"),
        ("", "PART is CATEGORY"),
    ],
)
def test_inspect_where_tells_what_is_wrong_with_a_condition(where, told, made_shards, posecap):
    assert told in posecap.fail("inspect", made_shards, "--where", where)


# stats


def test_stats_count_each_category_as_the_table_has_it(made_shards, posecap):
    shards = open_shards(made_shards)
    rows = json.loads(posecap.succeed("stats", made_shards, "--by-action", "--json"))
    action_of = {row["sequence"]: row["action"] for row in shards.sequences().to_pylist()}
    entries = {(row["kind"], *row["roles"]): row for row in shards.posecode_dictionary().to_pylist()}
    table = shards.posecodes().to_pylist()
    checked = [row for row in rows if row["kind"] == "angle"]
    assert {row["action"] for row in checked} == {"all", "walking", "waving"}
    for row in checked:
        entry = entries[row["kind"], *row["joints"]]
        among = [one for one in table if row["action"] in ("all", action_of[one["sequence"]])]
        place = entry["categories"].index(row["category"])
        frames = sum(one[entry["column"]] == place for one in among)
        assert (row["frames"], row["share"]) == (frames, pytest.approx(frames / len(among), abs=1e-4))
    assert {row["mark"] for row in rows} <= {"told", "rare", "support", "not told", "ignored"}


def test_stats_draw_a_picture(made_shards, tmp_path, posecap):
    posecap.succeed(
        "stats", made_shards, "--by-action", "--kind", "distance", "--plot", tmp_path / "stats.png"
    )
    data = (tmp_path / "stats.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) > 10_000


def test_stats_refuse_in_one_line(made_shards, tmp_path, posecap):
    assert "did you mean angle" in posecap.fail("stats", made_shards, "--kind", "angel")
    assert ".png" in posecap.fail("stats", made_shards, "--plot", tmp_path / "stats.jpeg")
    assert "nowhere" in posecap.fail(
        "stats", made_shards, "--kind", "angle", "--plot", tmp_path / "nowhere/a.png"
    )
    assert "no such" in posecap.fail("stats", tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


# caption


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    np.save(tmp_path / "poses.npy", swinging_motion(20))
    return tmp_path / "poses.npy"


def test_caption_tells_each_frame_of_a_file_as_the_library_does(poses, posecap):
    from posecap import caption

    printed = posecap.succeed("caption", poses, "--style", "canonical", "--json")
    assert [row["caption"] for row in json.loads(printed)] == caption(np.load(poses), style="canonical")


def test_caption_takes_chosen_frames_and_units(poses, tmp_path, posecap):
    np.save(tmp_path / "mm.npy", np.load(poses) * 1000)
    chosen = ("--style", "canonical", "--frames", "3,5:20:7", "--json")
    rows = json.loads(posecap.succeed("caption", poses, *chosen))
    assert [row["frame"] for row in rows] == [3, 5, 12, 19]
    assert json.loads(posecap.succeed("caption", tmp_path / "mm.npy", "--unit", "mm", *chosen)) == rows


def test_caption_explain_lists_value_category_mark_and_fate_of_each_posecode(poses, posecap):
    from posecap import extract

    printed = posecap.succeed(
        "caption", poses, "--style", "canonical", "--frames", "4", "--explain", "--json"
    )
    rows = json.loads(printed)
    codes = extract(np.load(poses))
    assert len(rows) == sum(map(len, codes.joint_sets.values())) + len(codes.super_posecodes)
    by_name = {row["posecode"]: row for row in rows}
    knee = by_name["angle(left_hip, left_knee, left_ankle)"]
    place = codes.joint_sets["angle"].index(("left_hip", "left_knee", "left_ankle"))
    assert knee["value"] == pytest.approx(codes.values["angle"][4, place], abs=1e-3)
    assert knee["category"] == codes.category_names["angle"][codes.categories["angle"][4, place]]
    told = {codes.definitions.statements[index].name for index in np.flatnonzero(codes.selected()[4])}
    assert {
        f"{row['posecode']}={row['category']}" for row in rows
        if row["fate"].startswith("told: ") and not row["posecode"].startswith("super")
    } == {name for name in told if not name.startswith("super")}  # fmt: skip
    assert all(row["mark"] for row in rows if row["fate"] != "does not hold")


def test_caption_leaves_out_body_parts_and_names_the_activity(poses, posecap):
    from posecap import caption

    chosen = ("--without", "head,left_hand", "--action", "walking", "--concise", "--style", "simple")
    rows = json.loads(posecap.succeed("caption", poses, *chosen, "--json"))
    expected = caption(
        np.load(poses), style="simple", without=("head", "left_hand"), action="walking", concise=True
    )
    assert [row["caption"] for row in rows] == expected
    assert all("walking" in row["caption"] and "left hand" not in row["caption"] for row in rows)


@pytest.fixture
def own_words(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    shipped = manifest_path("language", "en").read_text()
    path.write_text(shipped.replace("{part} is straight", "{part} is like a stick"))
    return path


def test_caption_takes_words_of_ones_own(poses, own_words, posecap):
    chosen = ("caption", poses, "--style", "canonical", "--frames", 0)
    english, own = posecap.succeed(*chosen), posecap.succeed(*chosen, "--language", own_words)
    assert " is straight." in english
    assert own == english.replace(" is straight.", " is like a stick.")


def test_generate_takes_words_of_ones_own(own_words, tmp_path, posecap):
    chosen = (*TINY_DEMO, "--subjects", "D1", "--encoder", "none", "-q", "--language", own_words)
    posecap.succeed("generate", *chosen, "--out", tmp_path / "shards")
    bank = open_shards(tmp_path / "shards").sentences()["sentence"].to_pylist()
    assert "The left elbow is like a stick." in bank


def test_caption_explain_tells_why_something_is_not_told(poses, posecap):
    chosen = ("--style", "canonical", "--frames", "4", "--explain", "--json", "--without", "left_knee")
    rows = json.loads(posecap.succeed("caption", poses, *chosen))
    knees = [row for row in rows if "left_knee" in row["posecode"] and row["mark"] in ("told", "rare")]
    assert knees
    assert {row["fate"] for row in knees} == {"of a part that is left out"}


@pytest.mark.parametrize("ending", ["npz", "csv", "parquet", "json"])
def test_caption_reads_every_kind_of_file_alike(ending, poses, tmp_path, posecap):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    from posecap.skeletons import load_skeleton

    motion, path = np.load(poses), tmp_path / f"poses.{ending}"
    names = [f"{joint}_{axis}" for joint in load_skeleton("h36m17").joints for axis in "xyz"]
    table = pa.table(dict(zip(names, motion.reshape(len(motion), -1).T, strict=True)))
    if ending == "npz":
        np.savez(path, joints=motion)
    elif ending == "json":
        path.write_text(json.dumps(motion.tolist()))
    else:
        (pyarrow.csv.write_csv if ending == "csv" else pyarrow.parquet.write_table)(table, path)
    assert posecap.succeed("caption", path) == posecap.succeed("caption", poses)


def _save(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "bad.npy", array)
    return folder / "bad.npy"


def test_caption_tells_in_one_line_what_is_wrong_with_a_file(tmp_path, posecap):
    motion = swinging_motion(9)
    motion[6, 2] = np.inf
    assert "frame 6" in posecap.fail("caption", _save(tmp_path, motion), "--style", "canonical")
    assert "(frames, 17, 3)" in posecap.fail(
        "caption", _save(tmp_path, motion[:, :5]), "--style", "canonical"
    )
    assert "bad.npy" in posecap.fail("caption", _save(tmp_path, np.array(["text"])), "--style", "canonical")
    assert "no such file" in posecap.fail("caption", tmp_path / "absent.npy")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--skeleton", "h36m"], "did you mean h36m"),
        (["--up", "w"], "unknown up axis 'w'"),
        (["--unit", "feet"], "unknown unit 'feet'"),
        (["--style", "plain"], "unknown style 'plain'"),
        (["--frames", "a"], "frames 'a'"),
        (["--frames", "20"], "there are 20 frames"),
        (["--frames", "9" * 30], "there are 20 frames"),
        (["--frames", "30:40"], "there are 20 frames"),
        (["--frames", "5:3"], "there are 20 frames"),
        (["--language", "xx"], "unknown language 'xx'"),
    ],
)
def test_caption_names_an_option_that_is_wrong(arguments, told, poses, posecap):
    assert told in posecap.fail("caption", poses, "--style", "canonical", *arguments)


def test_caption_warns_of_bodies_that_are_not_of_human_size(poses, posecap):
    done = posecap.run("caption", poses, "--unit", "cm", "--style", "canonical")
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: ")
    assert "unit" in done.stderr


# validate, and shards with a missing or changed file


def test_validate_says_that_whole_shards_are_whole(made_shards, posecap):
    assert posecap.succeed("validate", made_shards) == f"{made_shards}: whole\n"
    assert json.loads(posecap.succeed("validate", made_shards, "--json"))["problems"] == []


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_flip, Path.unlink, lambda path: os.truncate(path, 100)])
def test_validate_names_a_damaged_file(damage, shards, posecap):
    damage(shards / "captions/part-00000.parquet")
    done = posecap.run("validate", shards)
    assert done.exit_code == 1
    assert "captions/part-00000.parquet" in done.stdout
    assert done.stderr.splitlines()[-1] == f"error: {shards}: 1 problem"


@pytest.mark.parametrize("command", [["inspect"], ["query", "{shards}", "select count(*) from captions"]])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 100)])
def test_commands_that_read_shards_name_a_missing_or_cut_file(damage, command, shards, posecap):
    damage(shards / "captions/part-00000.parquet")
    arguments = (
        [argument.format(shards=shards) for argument in command] if len(command) > 1 else [*command, shards]
    )
    assert "captions/part-00000.parquet" in posecap.fail(*arguments)


@pytest.mark.parametrize("command", ["inspect", "query", "validate"])
def test_a_directory_without_a_manifest_is_no_shard_directory(command, shards, posecap):
    (shards / "manifest.json").unlink()
    if command == "validate":
        assert "manifest.json" in posecap.run(command, shards).stdout
    else:
        assert "not a shard directory" in posecap.fail(command, shards)


# query


def test_query_runs_sql_over_every_table(made_shards, posecap):
    sql = "select action, count(*) as n from frames group by 1 order by 1"
    rows = json.loads(posecap.succeed("query", made_shards, sql, "--json"))
    assert rows == [{"action": "walking", "n": 60}, {"action": "waving", "n": 60}]
    views = json.loads(posecap.succeed("query", made_shards, "--json"))
    for view in views:
        counted = json.loads(
            posecap.succeed("query", made_shards, f"from {view['view']} select count(*) n", "--json")
        )
        assert counted == [{"n": view["rows"]}]


@pytest.mark.parametrize("sql", ["select nothing from frames", "selec 1", "select * from no_table", ""])
def test_query_tells_what_is_wrong_with_the_sql_in_one_line(sql, made_shards, posecap):
    assert posecap.fail("query", made_shards, sql).startswith("query: ")


# datasets


def test_datasets_list_has_every_data_set(posecap):
    from posecap.datasets import dataset_names

    rows = json.loads(posecap.succeed("datasets", "list", "--json"))
    assert [row["name"] for row in rows] == dataset_names()


def test_datasets_show_tells_what_is_found_and_missing(tmp_path, posecap):
    write_h36m(tmp_path, sources=("gt",))
    (tmp_path / "data_3d_h36m.npz").unlink()
    shown = json.loads(posecap.succeed("datasets", "show", "h36m", "--root", tmp_path, "--json"))
    status = {row["file"]: (row["status"], row["found"]) for row in shown["files"]}
    assert status["data_3d_h36m.npz"] == ("missing", [])
    assert status["data_2d_h36m_*.npz"] == ("found", ["data_2d_h36m_gt.npz"])
    assert shown["licence"]


def test_datasets_show_names_an_unknown_data_set_and_an_absent_folder(tmp_path, posecap):
    assert "did you mean h36m" in posecap.fail("datasets", "show", "h36n")
    assert "no such folder" in posecap.fail("datasets", "show", "h36m", "--root", tmp_path / "absent")


def test_datasets_show_tells_what_is_taken_from_a_bvh_file(tmp_path, posecap):
    write_person(tmp_path / "stand.bvh", HABITS["mixamo"])
    shown = json.loads(posecap.succeed("datasets", "show", tmp_path / "stand.bvh", "--json"))
    assert shown["up"] == "y"
    assert 1.4 < shown["height_m"] < 2.1
    assert shown["landmarks"]["left_knee"].endswith("LeftLeg")
    assert "LeftLeg" in posecap.succeed("datasets", "show", tmp_path / "stand.bvh")
    assert "absent.bvh" in posecap.fail("datasets", "show", tmp_path / "absent.bvh")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("scale=abc", "option scale is 'abc', expected float"),
        ("mirror=maybe", "expected bool"),
        ("nosuch=1", "has no option 'nosuch'"),
        ("roles=knee", "expected LANDMARK=JOINT"),
    ],
)
def test_datasets_show_refuses_bad_options_of_a_bvh_file(tmp_path, posecap, setting, told):
    write_person(tmp_path / "stand.bvh", HABITS["mixamo"])
    assert told in posecap.fail("datasets", "show", tmp_path / "stand.bvh", "--option", setting)
    posecap.succeed("datasets", "show", tmp_path / "stand.bvh", "--option", "mirror=false")


def test_generate_places_virtual_cameras_around_motion_without_images(tmp_path, posecap):
    (tmp_path / "motion").mkdir()
    write_person(tmp_path / "motion" / "stand.bvh", HABITS["mixamo"])
    posecap.succeed(
        "generate", "--dataset", "bvh", "--root", tmp_path / "motion", "--cameras", 2, "--projection",
        "orthographic", "--out", tmp_path / "out", "--encoder", "none", "-q",
    )  # fmt: skip
    cameras = open_shards(tmp_path / "out").cameras().to_pylist()
    assert len(cameras) == 2
    assert {camera["projection"] for camera in cameras} == {"orthographic"}


def test_generate_leaves_out_body_parts_and_names_the_activity(tmp_path, posecap):
    chosen = ("--without", "left_hand", "--with-action", "--style", "natural", "--subjects", "D1")
    posecap.succeed("generate", *TINY_DEMO, *chosen, "--out", tmp_path / "out", "--encoder", "none", "-q")
    rows = json.loads(posecap.succeed("inspect", tmp_path / "out", "--limit", 0, "--json"))
    assert len(rows) == 60
    assert not [row for row in rows if "left hand" in row["caption"]]
    assert not [row for row in rows if not re.match("[^.]*(walk|wav)", row["caption"])]


def test_generate_skip_invalid_holds_unusable_frames_and_goes_on(tmp_path, posecap):
    _write_nan_poses(tmp_path / "data")
    posecap.succeed(
        "generate", "--dataset", "h36m", "--root", tmp_path / "data", "--skip-invalid",
        "--out", tmp_path / "out", "--encoder", "none", "-q",
    )  # fmt: skip
    pose = open_shards(tmp_path / "out").read_frames("S9/Walking").pose_3d
    assert np.isfinite(pose).all()
    np.testing.assert_array_equal(pose[7], pose[6])
