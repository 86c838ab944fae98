"""The report page: what is in it, and that it works in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posecap.report import ReportOptions, write_report
from posecap.report.build import _joints_of
from posecap.shards import open_shards
from tests.cli.conftest import TINY_DEMO

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _data(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.fixture(scope="module")
def page(made_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    write_report(made_shards, out)
    return out


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs Chromium (Debian package chromium), which is absent here")
    return found


def _run_in(browser: str, page: Path, folder: Path, script: str, address: str = "") -> Any:
    """What `script` gives back after it acted on a copy of the page in a headless browser."""
    acted = folder / "acted.html"
    ending = f"<script>const result = (() => {{ {script} }})();"
    ending += "document.body.innerHTML = ''; document.body.append(Object.assign("
    ending += "document.createElement('pre'), {id: 'result', textContent: JSON.stringify(result)}));"
    ending += "</script></body>"
    acted.write_text(page.read_text(encoding="utf-8").replace("</body>", ending), encoding="utf-8")
    done = subprocess.run(
        [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1200",
            f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=2000", "--dump-dom", f"file://{acted}{address}",
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))


def test_the_page_holds_the_poses_and_captions_of_the_shards(page, made_shards):
    import base64

    data, shards = _data(page), open_shards(made_shards)
    assert [clip["key"] for clip in data["clips"]] == sorted(shards.sequence_infos)
    clip = data["clips"][0]
    rows = shards.read_frames(clip["key"])
    chosen = range(clip["start"], rows.pose_3d.shape[0], clip["step"])
    pose = np.frombuffer(base64.b64decode(clip["pose"]), "<i2").reshape(-1, 17, 3) / 1000
    world = rows.pose_3d[list(chosen)][..., [0, 2, 1]] * [1, 1, -1]  # z up to y up
    lengths = [np.linalg.norm(p[:, 1] - p[:, 2], axis=-1) for p in (pose, world)]
    np.testing.assert_allclose(*lengths, atol=2e-3)
    np.testing.assert_allclose(np.diff(pose, axis=0), np.diff(world, axis=0), atol=2e-3)
    told = np.frombuffer(base64.b64decode(clip["told"][0]), "<i4")
    text_of = {row["caption_id"]: row["caption"] for row in shards.captions().to_pylist()}
    for place, frame in enumerate(chosen):
        sentences = [data["sentences"][index]["text"] for index in data["captions"][told[place]]]
        assert " ".join(sentences) == text_of[int(rows.caption_ids[frame][0])]


def test_each_sentence_lights_the_joints_of_its_roles(page):
    data = _data(page)
    joints = data["skeleton"]["joints"]
    lit = {one["text"]: {joints[index] for index in one["joints"]} for one in data["sentences"]}
    knees = [text for text in lit if text.startswith("The left knee is ") and "bent" in text]
    assert knees
    for text in knees:
        assert lit[text] == {"left_hip", "left_knee", "left_ankle"}


def test_statistics_count_every_frame_of_the_shards(page, made_shards):
    statistics, shards = _data(page)["statistics"], open_shards(made_shards)
    assert {one["action"]: one["frames"] for one in statistics["actions"]} == {"walking": 60, "waving": 60}
    ids = np.concatenate(
        [np.array(ids) for ids in shards.frames(["sentence_ids"])["sentence_ids"].to_pylist()]
    )
    said = {row["sentence"]: int((ids == row["sentence_id"]).sum()) for row in shards.sentences().to_pylist()}
    assert {one["text"]: sum(one["counts"]) for one in statistics["said"]} == said


def test_the_page_asks_nothing_of_a_network(page):
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)\s*=|https?://|url\(|@import|fetch\(|XMLHttpRequest|\{\{", text)


def test_texts_cannot_end_the_data_of_the_page(shards, tmp_path, monkeypatch):
    import posecap.report.build as build

    monkeypatch.setattr(build, "_facts", lambda *_: ["</script><script>alert(1)</script>"])
    write_report(shards, tmp_path / "page.html")
    assert _data(tmp_path / "page.html")["facts"] == ["</script><script>alert(1)</script>"]


def test_a_report_of_endless_seconds_holds_whole_sequences(made_shards, tmp_path, posecap):
    posecap.succeed("report", made_shards, "--out", tmp_path / "r.html", "--seconds", "inf", "--rate", 50)
    assert {clip["frames"] for clip in _data(tmp_path / "r.html")["clips"]} == {30}


def test_sentences_light_only_joints_that_the_page_has(shards, tmp_path):
    """Also where a skeleton of the installation has the name of another that the shards were made with."""
    opened = open_shards(shards)
    record = opened.manifest.skeleton
    joints = ("pelvis", *(f"other_{joint}" for joint in record.joints[1:]))
    opened.manifest = opened.manifest.model_copy(
        update={"skeleton": record.model_copy(update={"joints": joints})}
    )
    assert record.name == "h36m17"
    assert _joints_of(opened, "pelvis") == {0}
    assert _joints_of(opened, "left_hand") == frozenset()


def test_the_size_limit_chooses_clips_of_all_actions_first(made_shards, tmp_path):
    made = write_report(made_shards, tmp_path / "small.html", ReportOptions(max_megabytes=0.008))
    clips = _data(tmp_path / "small.html")["clips"]
    assert made.clips == len(clips) < made.sequences
    assert {clip["action"] for clip in clips} == {"walking", "waving"}


def test_report_prints_what_it_wrote_and_obeys_filters(made_shards, tmp_path, posecap):
    printed = posecap.succeed("report", made_shards, "--out", tmp_path / "r.html", "--action", "waving")
    assert printed.startswith(f"{tmp_path / 'r.html'}: 2 clips of 2 sequences")
    assert {clip["action"] for clip in _data(tmp_path / "r.html")["clips"]} == {"waving"}


def test_report_refuses_in_one_line_and_leaves_nothing(made_shards, tmp_path, posecap):
    assert "unknown action" in posecap.fail(
        "report", made_shards, "--out", tmp_path / "r.html", "--action", "x"
    )
    assert "2D source" in posecap.fail("report", made_shards, "--out", tmp_path / "r.html", "--source", "cpn")
    assert "such as report.html" in posecap.fail("report", made_shards, "--out", tmp_path)
    absent = posecap.fail("report", made_shards, "--out", tmp_path / "absent" / "r.html")
    assert absent == f"{tmp_path / 'absent'}: no such directory"
    apart = ("--subject", "D1", "--sequence", "D5/walking 1")
    assert "together" in posecap.fail("report", made_shards, "--out", tmp_path / "r.html", *apart)
    posecap.fail("report", tmp_path, "--out", tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


PIXELS = """
const count = (canvas, [r, g, b]) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    const off = Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b);
    found += data[at + 3] > 200 && off < 12;
  }
  return found;
};
const LIT = [242, 161, 0], LEFT = [209, 73, 91];
const scene = document.getElementById("scene");
const cameras = () => [...document.querySelectorAll("#cameras canvas")];
"""


def test_the_page_draws_the_skeleton_and_four_cameras(browser, page, tmp_path):
    drawn = _run_in(browser, page, tmp_path, PIXELS + """
        const red = cameras().map((one) => count(one, LEFT));
        return {left: count(scene, LEFT), lit: count(scene, LIT), cameras: red};
    """)  # fmt: skip
    assert drawn["left"] > 200
    assert drawn["lit"] == 0
    assert len(drawn["cameras"]) == 4
    assert min(drawn["cameras"]) > 20


def test_pointing_at_a_sentence_lights_up_its_joints_everywhere(browser, page, tmp_path):
    lit = _run_in(browser, page, tmp_path, PIXELS + """
        const spans = [...document.querySelectorAll("#caption span")];
        const span = spans.find((one) => one.textContent.includes("knee is"));
        const counts = () => [scene, ...cameras()].map((one) => count(one, LIT));
        const before = counts();
        span.dispatchEvent(new PointerEvent("pointerenter"));
        const during = counts();
        span.dispatchEvent(new PointerEvent("pointerleave"));
        return {before, during, after: counts()};
    """)  # fmt: skip
    assert set(lit["before"]) == set(lit["after"]) == {0}
    assert lit["during"][0] > 100
    assert min(lit["during"]) > 10


def test_the_search_and_the_action_filter_choose_clips_and_frames(browser, page, tmp_path):
    data = _data(page)
    word = next(one["text"] for one in data["sentences"] if "knee" in one["text"])
    seen = _run_in(browser, page, tmp_path, f"""
        const type = (id, value, event) => {{
          document.getElementById(id).value = value;
          document.getElementById(id).dispatchEvent(new Event(event));
          return {{
            clips: [...document.querySelectorAll("#clips button")].map((one) => one.firstChild.textContent),
            found: document.getElementById("found").textContent,
            marked: [...document.querySelectorAll("#caption .match")].map((one) => one.textContent),
          }};
        }};
        return [type("action", "waving", "change"), type("action", "", "change"),
                type("search", {json.dumps(word)}, "input"), type("search", "zeppelin", "input")];
    """)  # fmt: skip
    waving, everything, searched, nothing = seen
    assert waving["clips"] == ["D1/waving 1", "D5/waving 1"]
    assert len(everything["clips"]) == 4
    assert searched["marked"] == [word]
    assert 1 <= len(searched["clips"]) <= 4
    assert nothing["clips"] == []
    assert nothing["found"] == "0 of 4 clips, 0 frames"


def test_a_sentence_of_the_statistics_is_searched_for_in_whatever_words(browser, tmp_path, posecap):
    arguments = ("--style", "natural", "--subjects", "D1", "--encoder", "none", "-q")
    posecap.succeed("generate", *TINY_DEMO, *arguments, "--out", tmp_path / "shards")
    write_report(tmp_path / "shards", tmp_path / "report.html")
    data = _data(tmp_path / "report.html")
    said = data["statistics"]["said"]
    one = next(
        i for i, row in enumerate(said) if sum(row["counts"]) and i in data["sentences"][0]["statements"]
    )
    seen = _run_in(browser, tmp_path / "report.html", tmp_path, f"""
        [...document.querySelectorAll("#sentences .bar")]
          .find((row) => row.firstChild.textContent === {json.dumps(said[one]["text"])}).click();
        return [...document.querySelectorAll("#caption .match")].map((span) => span.textContent);
    """)  # fmt: skip
    saying = {row["text"] for row in data["sentences"] if one in row["statements"]}
    assert seen
    assert set(seen) <= saying


def test_each_camera_tells_its_own_caption_where_captions_belong_to_views(browser, tmp_path, posecap):
    arguments = ("--frame", "camera", "--subjects", "D1", "--encoder", "none", "-q")
    posecap.succeed("generate", *TINY_DEMO, *arguments, "--out", tmp_path / "shards")
    write_report(tmp_path / "shards", tmp_path / "report.html")
    seen = _run_in(browser, tmp_path / "report.html", tmp_path, """
        return [0, 1, 2, 3].map((index) => {
          document.querySelectorAll("#cameras figure")[index].click();
          return document.getElementById("caption").textContent.trim();
        });
    """)  # fmt: skip
    shards = open_shards(tmp_path / "shards")
    text_of = {row["caption_id"]: row["caption"] for row in shards.captions().to_pylist()}
    key = _data(tmp_path / "report.html")["clips"][0]["key"]
    views = [shards.read_view(key, "gt", camera) for _, camera in shards.view_names("gt")[:4]]
    assert seen == [text_of[int(view.caption_ids[0][0])] for view in views]
    assert len(set(seen)) > 1


def test_shards_without_2d_give_a_page_without_cameras(browser, tmp_path, posecap):
    arguments = ("--keypoints", "", "--subjects", "D1", "--encoder", "none", "-q")
    posecap.succeed("generate", *TINY_DEMO, *arguments, "--out", tmp_path / "shards")
    write_report(tmp_path / "shards", tmp_path / "report.html")
    script = PIXELS + "return [cameras().length, count(scene, LEFT)];"
    cameras, drawn = _run_in(browser, tmp_path / "report.html", tmp_path, script)
    assert cameras == 0
    assert drawn > 200


def test_the_time_slider_and_dragging_change_the_picture(browser, page, tmp_path):
    seen = _run_in(browser, page, tmp_path, """
        const scene = document.getElementById("scene"), time = document.getElementById("time");
        const states = [scene.toDataURL()];
        time.value = time.max;
        time.dispatchEvent(new Event("input"));
        states.push(scene.toDataURL());
        scene.dispatchEvent(new PointerEvent("pointermove", {buttons: 1, movementX: 80}));
        states.push(scene.toDataURL());
        scene.dispatchEvent(new WheelEvent("wheel", {deltaY: -300}));
        states.push(scene.toDataURL());
        return {different: new Set(states).size, clock: document.getElementById("clock").textContent};
    """)  # fmt: skip
    assert seen["different"] == 4
    assert seen["clock"] == "0.56 s, frame 28"


def test_the_address_opens_a_clip_a_frame_and_a_search(browser, page, tmp_path):
    seen = _run_in(
        browser, page, tmp_path,
        "return [element('name').textContent, element('search').value, state.frame];",
        "#clip=2&frame=3&search=the",
    )  # fmt: skip
    assert seen == [_data(page)["clips"][2]["key"], "the", 3]
