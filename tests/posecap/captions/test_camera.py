"""Captions in the camera frame: of the body they say what the body frame says, wherever the camera stands."""

from __future__ import annotations

import re

import numpy as np
import pytest

from posecap.captions import caption, explain
from posecap.frames import to_body_frame
from posecap.readers import open_dataset

OF_THE_BODY = ("bodyInclineX", "bodyInclineY", "bodyInclineZ", "headInclineX", "headInclineZ", "relativePosX")


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    """(N, 17, 3) of a plain walk in the body frame: y up, +x to the left, +z forward."""
    dataset = open_dataset("demo", subjects=("D2",), actions=("walking",), takes=1, seconds=2)
    sequence = dataset.read(dataset.keys()[0])
    return to_body_frame(sequence.joints[::5], sequence.skeleton, up=sequence.up)


def seen_from(body: np.ndarray, degrees: float) -> np.ndarray:
    """The same poses turned about the vertical in front of a level camera, 4 m away."""
    x, y, z = np.moveaxis(body, -1, 0)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.stack([c * x + s * z, -y, 4 - (c * z - s * x)], axis=-1)


def of_the_body(frames: list) -> list[set]:
    return [{s.name for one in own for s in one.statements if s.kind in OF_THE_BODY} for own in frames]


@pytest.mark.parametrize("degrees", [45, 90, -90, 180])
def test_a_walk_seen_from_the_side_is_neither_twisted_nor_crossed(walk, degrees) -> None:
    seen = seen_from(walk, degrees)
    own = of_the_body(explain(walk, frame="as-is"))
    for told, known in zip(of_the_body(explain(seen, frame="camera")), own, strict=True):
        assert told <= known
    texts = caption(walk, frame="as-is")
    for text, known_text in zip(caption(seen, frame="camera"), texts, strict=True):
        assert not re.search("twist|waist|turned|cross", text) or re.search(
            "twist|waist|turned|cross", known_text
        ), text


def test_what_is_behind_follows_the_camera(walk) -> None:
    depth = [
        [{s.name for one in own for s in one.statements if s.kind == "relativePosZ"} for own in frames]
        for frames in (explain(seen_from(walk, degrees), frame="camera") for degrees in (0, 180))
    ]
    assert any(depth[0])
    assert depth[0] != depth[1]
