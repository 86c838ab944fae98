"""Time and memory of lifters: forward and training step of every backbone, cost of every alignment.

    python benchmarks/bench_lifters.py         # both sizes in float32 and bfloat16; cm beside none on mixste
    python benchmarks/bench_lifters.py --size small --backbones all --alignments all

Every case runs in a process of its own. `limit` is the time of the case's matrix products alone at the
rate measured in the same process just before (so that a busy machine slows both), `x limit` the ratio
to it, `GMAC/s` that rate: half precision cannot gain more over float32 than their rates differ, about
2 on AVX512-BF16, more on AMX. A step is forward, loss, backward and AdamW. `text` is a case's time over
that of `none`. Memory is kept between tensors as `lift train` does (lifting.memory).
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SIZES: dict[str, dict[str, Any]] = {
    "full": {"clips": 1, "frames": 243, "options": {}},
    "small": {"clips": 32, "frames": 27, "options": {"channels": 128, "depth": 4, "heads": 8}},
    "tiny": {"clips": 2, "frames": 9, "options": {"channels": 32, "depth": 1, "heads": 4}},
}
BACKBONES: dict[str, tuple[str, dict[str, Any]]] = {
    "mixste": ("mixste", {}),
    "d3dp": ("d3dp", {}),
    "dstformer": ("dstformer", {}),
    "dstformer-lite": ("dstformer", {"channels": 256, "mlp_ratio": 4}),
}
# what is measured unless backbones or alignments are named: backbone and alignments by size
STANDARD = {
    "full": {"mixste": "none,cm", "d3dp": "none", "dstformer": "none", "dstformer-lite": "none"},
    "small": {"mixste": "none,cm"},
}
# seconds of the public implementations, float32, on two idle cores of the machine that the project used:
# (size, backbone) -> (forward, training step), None where not measured
PUBLIC: dict[tuple[str, str], tuple[float | None, float | None]] = {
    ("full", "mixste"): (1.84, 5.0),
    ("full", "d3dp"): (1.94, None),
    ("full", "dstformer"): (2.12, None),
    ("full", "dstformer-lite"): (1.02, None),
    ("small", "mixste"): (None, 0.80),
}
TOLD, NUM_STATEMENTS, TEXT_DIM = 18, 148, 384  # statements a frame, in the bank, MiniLM's width
COLUMNS = (
    "backbone",
    "alignment",
    "precision",
    "forward s",
    "x limit",
    "step s",
    "x limit ",
    "clips/s",
    "GMAC/s",
    "GB",
    "text",
)


def main() -> None:
    """Runs every asked-for case and prints a Markdown table."""
    options = parse()
    if options.case:
        print(json.dumps(measure(options, *options.case.split(","))))
        return
    for size in STANDARD if options.size is None else [options.size]:
        options.size = size
        rows = []
        for case in cases(options):
            rows.append(run_case(options, case))
            print(f"{size} {' '.join(case)}: {rows[-1]['step']:.3f} s", file=sys.stderr)
        print_table(options, rows)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="by default full, then small")
    parser.add_argument("--clips", type=int, help="clips a batch; by default the size's own")
    parser.add_argument("--backbones", help="names with commas between, or all")
    parser.add_argument("--alignments", help="names with commas between, or all")
    parser.add_argument("--precisions", default="float32,bfloat16")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=5, help="the fastest of so many runs counts")
    parser.add_argument("--compile", action="store_true", help="torch.compile of the backbone")
    parser.add_argument("--json", action="store_true", help="one line of JSON a case instead of the table")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    return parser.parse_args()


def cases(options: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """(backbone, alignment, precision) of every case, `none` first."""
    from lifting.alignment import ALIGNMENTS

    precisions = options.precisions.split(",")
    if options.backbones is None and options.alignments is None and options.size in STANDARD:
        for name, those in STANDARD[options.size].items():
            yield from itertools.product([name], those.split(","), precisions)
        return
    names = list(BACKBONES) if options.backbones in (None, "all") else options.backbones.split(",")
    chosen = "none,cm" if options.alignments is None else options.alignments
    alignments = list(ALIGNMENTS) if chosen == "all" else chosen.split(",")
    yield from itertools.product(names, alignments, precisions)


def run_case(options: argparse.Namespace, case: tuple[str, str, str]) -> dict[str, Any]:
    """One case in a process of its own, so that memory is its own too."""
    command = [sys.executable, __file__, *sys.argv[1:], "--size", options.size, "--case", ",".join(case)]
    known = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads), "PYTHONPATH": known}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(options: argparse.Namespace, backbone: str, alignment: str, precision: str) -> dict[str, Any]:
    """Seconds, rates and memory of one case."""
    import torch

    from lifting.memory import kept_memory

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    with kept_memory():
        return _measure(Work(options, backbone, alignment, precision), backbone, alignment, precision)


def _measure(work: Work, backbone: str, alignment: str, precision: str) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    forward_rate = work.rate()
    forward = work.fastest(work.forward)
    step_rate = work.rate()
    step = work.fastest(work.step)
    return {
        "backbone": backbone,
        "alignment": alignment,
        "precision": precision,
        "forward": forward,
        "forward_limit": work.macs() / forward_rate,
        "step": step,
        "step_limit": 3 * work.macs() / step_rate,
        "gmacs_per_second": max(forward_rate, step_rate) / 1e9,
        "clips_per_second": work.clips / step,
        "gigabytes": work.memory(before),
    }


class Work:
    """A lifter, an alignment, a batch of random data, and what is timed on them."""

    def __init__(self, options: argparse.Namespace, backbone: str, alignment: str, precision: str) -> None:
        import torch

        import lifting

        size = SIZES[options.size]
        name, own = BACKBONES[backbone]
        self.options, self.device = options, torch.device(options.device)
        self.counted: float | None = None
        self.clips, self.frames = options.clips or size["clips"], size["frames"]
        self.half = precision == "bfloat16"
        self.model = lifting.build(name, frames=self.frames, **(size["options"] | own)).to(self.device)
        self.channels = self.model.feature_channels
        branch = lifting.build_alignment(alignment, channels=self.channels, joints=17, text_dim=TEXT_DIM)
        self.alignment = branch.to(self.device)
        parameters = [*self.model.parameters(), *branch.parameters()]
        self.optimizer = torch.optim.AdamW(parameters, lr=1e-5, fused=True)
        self.pose_2d = torch.randn(self.clips, self.frames, 17, 3, device=self.device)
        self.pose_3d = torch.randn(self.clips, self.frames, 17, 3, device=self.device)
        self.text = random_text(self.clips, self.frames, self.device)
        self.run = (
            torch.compile(self.model.training_forward) if options.compile else self.model.training_forward
        )

    def forward(self) -> None:
        """The lifter alone, as at test time."""
        import torch

        self.model.eval()
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            self.run(self.pose_2d, self.pose_3d)

    def step(self) -> None:
        """One whole training step."""
        import torch

        from lifting.metrics import mpjpe

        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            out = self.run(self.pose_2d, self.pose_3d)
            aligned = self.alignment(out.features, self.text, out.pose)
        loss = mpjpe(out.pose.float(), self.pose_3d)
        for name, value in aligned.losses.items():
            loss = loss + self.alignment.weights[name] * value
        if aligned.pose2 is not None:
            loss = loss + self.alignment.weights["err2"] * mpjpe(aligned.pose2.float(), self.pose_3d)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def fastest(self, action: Callable[[], None]) -> float:
        """Seconds of the fastest of `repeat` runs, after one that does not count."""
        action()
        return min(self._timed(action) for _ in range(self.options.repeat))

    def _timed(self, action: Callable[[], None]) -> float:
        import torch

        start = time.perf_counter()
        action()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    def macs(self) -> float:
        """Multiply-adds of the lifter's forward pass, counted on a copy without numbers."""
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        if self.counted is None:
            forward = copy_to_meta(self.model)
            poses = (pose.to("meta") for pose in (self.pose_2d, self.pose_3d))
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                forward(*poses)
            self.counted = counter.get_total_flops() / 2
        return self.counted

    def rate(self) -> float:
        """Multiply-adds a second of a linear layer of the size and type of the lifter's own."""
        import torch

        from lifting.backbones.linear import Linear

        rows, dtype = self.clips * self.frames * 17, torch.bfloat16 if self.half else torch.float32
        x = torch.randn(rows, self.channels, device=self.device, dtype=dtype)
        layer = Linear(self.channels, 2 * self.channels, device=self.device, dtype=dtype)

        def product() -> None:
            with torch.no_grad():
                layer(x)

        product()
        seconds = min(self._timed(product) for _ in range(10))
        return rows * self.channels * 2 * self.channels / seconds

    def memory(self, before: int) -> float:
        """Gigabytes at the peak: of the GPU, or of this process over what it held before (`before`, kB)."""
        import torch

        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated() / 1e9
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6


def copy_to_meta(model: Any) -> Callable[..., Any]:
    """The forward pass of a training step on shapes alone."""
    copied = copy.deepcopy(model).to("meta").eval()
    if hasattr(copied, "schedule"):
        copied.schedule.alphas_cumprod = copied.schedule.alphas_cumprod.to("meta")
    return copied.training_forward


def random_text(clips: int, frames: int, device: Any) -> Any:
    """Statements of every frame, drawn once for ten frames, with random vectors."""
    import torch

    from lifting.alignment import TextBatch

    drawn = torch.rand(clips, -(-frames // 10), NUM_STATEMENTS).argsort(-1)[..., :TOLD].sort(-1).values
    ids = drawn.repeat_interleave(10, dim=1)[:, :frames].to(device)
    up = torch.tensor([0.0, -1.0, 0.0], device=device).expand(clips, 3)
    return TextBatch(ids, torch.randn(NUM_STATEMENTS, TEXT_DIM, device=device), ids >= 0, up=up)


def print_table(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Markdown, or a line of JSON a row."""
    if options.json:
        print("\n".join(json.dumps(row) for row in rows))
        return
    clips, frames = options.clips or SIZES[options.size]["clips"], SIZES[options.size]["frames"]
    machine = f"{options.device}, {options.threads} threads{', compiled' if options.compile else ''}"
    print(f"{options.size}: {clips} clips of {frames} frames, {machine}\n")
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    plain = {(row["backbone"], row["precision"]): row["step"] for row in rows if row["alignment"] == "none"}
    for row in rows:
        without = plain.get((row["backbone"], row["precision"]))
        values = (
            *(row[key] for key in ("backbone", "alignment", "precision")),
            f"{row['forward']:.3f}",
            f"{row['forward'] / row['forward_limit']:.2f}",
            f"{row['step']:.3f}",
            f"{row['step'] / row['step_limit']:.2f}",
            f"{row['clips_per_second']:.2f}",
            f"{row['gmacs_per_second']:.0f}",
            f"{row['gigabytes']:.2f}",
            f"{row['step'] / without - 1:+.1%}" if without and row["alignment"] != "none" else "",
        )
        print("| " + " | ".join(values) + " |")
    print("\n" + "\n".join(ratios(options.size, rows)) + "\n")


def ratios(size: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Lines: half precision against float32, and float32 against the public implementations."""
    plain = {(row["backbone"], row["precision"]): row for row in rows if row["alignment"] == "none"}
    for (name, precision), row in plain.items():
        half = plain.get((name, "bfloat16"))
        if precision != "float32":
            continue
        if half is not None:
            gains = (row["forward"] / half["forward"], row["step"] / half["step"])
            products = half["gmacs_per_second"] / row["gmacs_per_second"]
            yield (
                f"- {name}: bfloat16 is {gains[0]:.2f} times as fast as float32 forward, "
                f"{gains[1]:.2f} times in training; matrix products alone {products:.2f} times"
            )
        for what, public in zip(("forward", "step"), PUBLIC.get((size, name), (None, None)), strict=True):
            if public is not None:
                yield (
                    f"- {name}: {what} in float32 {row[what]:.2f} s, public implementation {public:.2f} s "
                    f"(on two idle cores): {row[what] / public:.2f}"
                )


if __name__ == "__main__":
    main()
