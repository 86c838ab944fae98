"""How fast poses become posecodes and captions: poses per second by stage, style and pose set.

    python benchmarks/bench_captioner.py [--motion FILE.npz] [--repeats 3] [--million]

One process, one thread. The sets are 20,000 independent random poses, each with a state of its own, and
real motion: every (T, 17, 3) array of an .npz file (metres, z up), or the built-in demo motion.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported

import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from posecap.captions import caption_states
from posecap.captions.states import STYLES, unique_rows
from posecap.posecodes import Definitions, extract, load_definitions
from posecap.skeletons import load_skeleton

NEIGHBOUR = Path(__file__).parents[2] / "shared" / "data" / "cmu_h36m17.npz"
SKELETON = load_skeleton("h36m17")
STANDING = {  # direction and length of the bone that ends at each joint, z up, left at +x
    "hip": (1, 0, 0, 0.13), "knee": (0, 0, -1, 0.45), "ankle": (0, 0, -1, 0.42), "spine": (0, 0, 1, 0.23),
    "thorax": (0, 0, 1, 0.25), "neck": (0, 0, 1, 0.11), "head": (0, -0.2, 1, 0.12),
    "shoulder": (1, 0, -0.1, 0.15), "elbow": (0.3, 0, -1, 0.28), "wrist": (0.1, -0.3, -1, 0.25),
}  # fmt: skip
LOOSENESS = {"hip": 0.05, "spine": 0.2, "thorax": 0.2, "neck": 0.2, "head": 0.3, "shoulder": 0.15}


def random_poses(num: int = 20_000, seed: int = 0) -> np.ndarray:
    """(N, 17, 3) float32 independent poses of one body: standing, every bone turned at random."""
    rng = np.random.default_rng(seed)
    joints = np.zeros((num, 17, 3))
    for joint, parent in enumerate(SKELETON.parents):
        name = SKELETON.joints[joint]
        if parent >= 0:
            *direction, length = STANDING[name.removeprefix("left_").removeprefix("right_")]
            loose = LOOSENESS.get(name.split("_")[-1], 0.7)
            bone = np.array(direction, float) * [-1 if name.startswith("right_") else 1, 1, 1]
            turned = bone / np.linalg.norm(bone) + rng.normal(0, loose, (num, 3))
            joints[:, joint] = joints[:, parent] + length * turned / np.linalg.norm(turned, axis=1)[:, None]
    return joints.astype(np.float32)


def motion(path: Path | None) -> tuple[str, np.ndarray]:
    """Name and joints (N, 17, 3) of the motion in `path`, or of the demo."""
    if path is not None:
        with np.load(path) as file:
            return path.name, np.concatenate([file[key] for key in file.files])
    from posecap.readers import open_dataset

    dataset = open_dataset("demo")
    return "demo motion", np.concatenate([dataset.read(key).joints for key in list(dataset.keys())])


def best(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of `repeats` runs."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def read_sentences(selected: np.ndarray, definitions: Definitions, style: str) -> int:
    """Write captions and cut each into its sentences with their statements."""
    return sum(len(own[0].sentences) for own in caption_states(selected, definitions, style))


def bench(name: str, joints: np.ndarray, repeats: int) -> None:
    """Print a line for each stage on one set of poses."""
    codes = extract(joints)
    selected = codes.selected()
    states = len(unique_rows(selected)[0])
    told = selected.sum(1).mean()
    print(f"\n{name}: {len(joints):,} poses, {states:,} states, {told:.1f} statements a pose")
    stages: dict[str, Callable[[], object]] = {
        "posecodes: values and categories": lambda: extract(joints),
        "posecodes: with selection": lambda: extract(joints).selected(),
        "posecodes: with selection and noise": lambda: extract(joints, noise=True).selected(),
        **{
            f"captions, {style} (from statements)": lambda style=style: caption_states(
                selected, codes.definitions, style
            )
            for style in STYLES
        },
        **{
            f"poses to captions, {style}": lambda style=style: caption_states(
                extract(joints).selected(), codes.definitions, style
            )
            for style in STYLES
        },
    }
    for style in STYLES:
        stages[f"captions and their sentences, {style}"] = lambda style=style: read_sentences(
            selected, codes.definitions, style
        )
    for style in STYLES:  # before anything is cached: the rate of a fresh process
        seconds = best(lambda style=style: caption_states(selected, codes.definitions, style), 1)
        print(f"  {f'captions, {style}, first call':<42} {len(joints) / seconds:>12,.0f} poses/s", flush=True)
    for stage, work in stages.items():
        print(f"  {stage:<42} {len(joints) / best(work, repeats):>12,.0f} poses/s", flush=True)


def million(joints: np.ndarray) -> None:
    """Print time and peak memory of a million poses in one call."""
    many = np.resize(joints, (1_000_000, *joints.shape[1:]))
    start = time.perf_counter()
    selected = extract(many).selected()
    seconds = time.perf_counter() - start
    start_captions = time.perf_counter()
    captions = caption_states(selected, load_definitions("h36m17"), "natural")
    captions_seconds = time.perf_counter() - start_captions
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\n{len(selected):,} poses in one call: {seconds:.1f} s", end=", ")
    print(f"{len(captions):,} natural captions: {captions_seconds:.1f} s, peak memory {peak:.2f} GiB")


def machine() -> str:
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = models[0] if models else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--motion", type=Path, default=NEIGHBOUR if NEIGHBOUR.exists() else None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="a million poses: time and peak memory")
    options = parser.parse_args()
    print(f"captioner, one thread, {machine()}")
    if options.million:
        million(random_poses())
        return
    bench("random poses", random_poses(), options.repeats)
    bench(*motion(options.motion), options.repeats)


if __name__ == "__main__":
    main()
