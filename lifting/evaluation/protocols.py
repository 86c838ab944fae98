"""Which frames are measured, and how often: ours, and those of public test scripts."""

from __future__ import annotations

from lifting.data import Windows
from lifting.recipes import ClipChoice
from posecap.errors import InputError, unknown_name

DEFAULT_PROTOCOL = "every-frame"
PROTOCOLS = {
    DEFAULT_PROTOCOL: ("centred", "every frame once"),
    "d3dp": (
        "last-overlaps",
        "D3DP, FinePOSE: the last clip holds the last frames, so some count twice; padding counts",
    ),
    "mixste": ("last-overlaps", "MixSTE: the same, and predicted roots are not set to 0"),
    "motionbert": (
        "whole-clips",
        "MotionBERT: frames after the last whole clip are left out, and three recordings of S9 in its own "
        "pickle (archives number recordings otherwise: of them nothing is left out)",
    ),
}
# in MotionBERT's pickle: s_09_act_05_subact_02, s_09_act_10_subact_02, s_09_act_13_subact_01
LEFT_OUT = {"motionbert": ("S9/Greeting 2/", "S9/SittingDown 2/", "S9/Waiting 1/")}
KEEPS_ROOT = ("mixste",)
BATCH_OF_A_VIEW = {"d3dp": 4}  # clips of a view that its script reads at once and chooses one P-Best for


def protocol_windows(name: str, clips: ClipChoice, stride: int | None) -> Windows:
    """How views are cut for a protocol; InputError for an unknown name or what does not go together."""
    if name not in PROTOCOLS:
        raise unknown_name("protocol", name, PROTOCOLS)
    grid = PROTOCOLS[name][0]
    if grid != "centred" and (clips.rate is not None or stride is not None):
        raise InputError(f"protocol {name}: cuts neither overlapping clips nor clips of a lower rate")
    if stride is not None and stride > clips.frames:
        raise InputError(f"stride {stride}: longer than a clip, {clips.frames} frames, it leaves frames out")
    return Windows(clips.frames, stride, clips.rate, grid)


def is_measured(name: str, sequence: str) -> bool:
    """Whether a protocol measures the sequence of that key."""
    return not sequence.startswith(LEFT_OUT.get(name, ()))


def protocol_text(name: str) -> str:
    """What the protocol does, for the results."""
    return PROTOCOLS[name][1]
