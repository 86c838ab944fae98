"""`posecap generate` at the size of Human3.6M: rows, bytes, seconds by stage, peak memory.

    python benchmarks/bench_generate.py [--motion FILE.npz] [--scales 0.25,1] [--jobs 2] [--folder DIR]

Writes files in Human3.6M's layout (150 training sequences of 2,600 frames, four cameras, one simulated 2D
source) into a temporary folder and runs the command on them. The motion is every (T, 17, 3) array of an
.npz file (metres, z up), else the built-in demo's, repeated with other bodies, speeds, headings and a slow
sway of every joint, so that no two frames are alike. Memory is the sum of the proportional set sizes of the
command and its workers, looked at five times a second (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from posecap.cameras import project, world_to_camera
from posecap.datasets import load_dataset_manifest
from posecap.detections import simulate_detections
from posecap.readers import open_dataset
from posecap.readers.h36m_archives import write_archives
from posecap.sequences import View
from posecap.skeletons import load_skeleton

NEIGHBOUR = Path(__file__).parents[2] / "shared" / "data" / "cmu_h36m17.npz"
SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
ACTIONS = [
    "Directions",
    "Discussion",
    "Eating",
    "Greeting",
    "Phoning",
    "Photo",
    "Posing",
    "Purchases",
    "Sitting",
    "SittingDown",
    "Smoking",
    "Waiting",
    "WalkDog",
    "WalkTogether",
    "Walking",
]
NUM_SEQUENCES, NUM_FRAMES = 150, 2600
SKELETON = load_skeleton("h36m17")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--motion", type=Path, default=NEIGHBOUR if NEIGHBOUR.is_file() else None)
    parser.add_argument("--scales", default="0.25,1", help="parts of the whole size, one run each")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--folder", type=Path, help="keep files and shards here")
    options = parser.parse_args()
    motions = load_motions(options.motion)
    print(f"motion: {options.motion or 'demo'}, {len(motions)} sequences; {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as temporary:
        for scale in map(float, options.scales.split(",")):
            folder = (options.folder or Path(temporary)) / f"{scale:g}"
            write_files(folder / "data", motions, round(NUM_SEQUENCES * scale))
            report(folder, run(folder, options))


def load_motions(path: Path | None) -> list[np.ndarray]:
    """(T, 17, 3) motions of at least two seconds."""
    if path is not None:
        with np.load(path) as file:
            found = [file[name] for name in file.files]
    else:
        dataset = open_dataset("demo")
        found = [dataset.read(key).joints for key in dataset.keys()]  # noqa: SIM118
    return [motion for motion in found if motion.shape[1:] == (17, 3) and len(motion) >= 100]


def write_files(folder: Path, motions: list[np.ndarray], num_sequences: int) -> None:
    """The pair of archives, and the confidences beside."""
    if folder.is_dir():
        return
    joints, views = {}, {}
    for index in range(num_sequences):
        subject, take = SUBJECTS[index % 5], index // 5
        key = f"{subject}/{ACTIONS[take % 15]} {take // 15 + 1}"
        joints[key] = vary(motions, subject, index)
        views[key] = _detected(joints[key], subject, key)
    write_archives(folder, joints, {"sim": views})


def vary(motions: list[np.ndarray], subject: str, index: int) -> np.ndarray:
    """(NUM_FRAMES, 17, 3) float32: pieces of motion on another body, at another speed, swaying."""
    rng = np.random.default_rng(index)
    pieces, length = [], 0
    while length < NUM_FRAMES:
        motion = motions[rng.integers(len(motions))]
        times = np.arange(0, len(motion) - 1, rng.uniform(0.8, 1.2))
        before, share = times.astype(int), (times % 1)[:, None, None]
        pieces.append(motion[before] * (1 - share) + motion[before + 1] * share)
        length += len(times)
    return _sway(_on_body(np.concatenate(pieces)[:NUM_FRAMES], subject), rng).astype(np.float32)


def _on_body(motion: np.ndarray, subject: str) -> np.ndarray:
    """The same bone directions with other bone lengths, left and right alike."""
    rng = np.random.default_rng(SUBJECTS.index(subject) + 1000)
    stature, scales = rng.uniform(0.9, 1.1), {}
    result = motion * stature
    for joint, parent in enumerate(SKELETON.parents):
        if parent >= 0:
            name = SKELETON.joints[joint].removeprefix("left_").removeprefix("right_")
            scales.setdefault(name, stature * rng.uniform(0.95, 1.05))
            result[:, joint] = result[:, parent] + (motion[:, joint] - motion[:, parent]) * scales[name]
    return result


def _sway(motion: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned about the vertical, every joint swaying by some millimetres."""
    angle = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = motion @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    phase, rate = rng.uniform(0, 6, (17, 3)), rng.uniform(0.01, 0.06, (17, 3))
    return turned + 0.004 * np.sin(phase + rate * np.arange(len(motion))[:, None, None])


def _detected(joints: np.ndarray, subject: str, key: str) -> list[View]:
    """One view a camera of the subject."""
    cameras = load_dataset_manifest("h36m").subject_cameras(subject)
    pixels = np.stack([project(world_to_camera(joints, camera), camera) for camera in cameras])
    return [View(*view) for view in zip(*simulate_detections(pixels, SKELETON, 50.0, key), strict=True)]


def run(folder: Path, options: argparse.Namespace) -> dict:
    """Summary of the command, with seconds and peak memory."""
    program = "import sys; from cli.posecap import app; sys.exit(app())"
    command = [sys.executable, "-c", program, "generate", "--dataset", "h36m", "--root", folder / "data"]
    command += ["--keypoints", "sim", "--out", folder / "shards", "--encoder", options.encoder]
    command += ["--jobs", str(options.jobs), "--json", "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    peaks = [0]
    watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return {**json.loads(output), "wall": time.perf_counter() - start, "peak": peaks[0]}


def _watch(process: subprocess.Popen, peaks: list[int]) -> None:
    while process.poll() is None:
        peaks[0] = max(peaks[0], sum(map(_memory, [process.pid, *_children(process.pid)])))
        time.sleep(0.2)


def _children(pid: int) -> list[int]:
    try:
        own = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*own, *(child for one in own for child in _children(one))]


def _memory(pid: int) -> int:
    """Proportional set size in bytes: shared pages count once in all."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def report(folder: Path, result: dict) -> None:
    """Print the table."""
    size = sum(path.stat().st_size for path in (folder / "shards").rglob("*") if path.is_file())
    print(f"\n{result['sequences']} sequences, {result['frames']:,} frames, {result['views']:,} view-frames")
    print(f"different captions {result['captions']:,}, and {result['mirror_images']:,} of mirrored frames")
    print(f"sentences {result['sentences']}")
    print(f"wall {result['wall']:.1f} s, {result['frames'] / result['wall']:,.0f} frames/s")
    print(f"peak memory {result['peak'] / 1e6:,.0f} MB, on disk {size / 1e6:,.1f} MB")
    for table, rows in sorted(result["rows"].items()):
        print(f"  {table:<40} {rows:>10,} rows {result['bytes'][table] / 1e6:>9.2f} MB")
    print("seconds by stage, all workers together:")
    for stage, seconds in result["seconds"].items():
        print(f"  {stage:<40} {seconds:>10.1f}")


if __name__ == "__main__":
    main()
