"""Measures: how the value of a posecode is computed. One file per family, all listed in MEASURES."""

from __future__ import annotations

from posecap.posecodes.measures.angle import Angle
from posecap.posecodes.measures.base import Measure, Pose, Reordering
from posecap.posecodes.measures.body_inclination import BodyInclinationX, BodyInclinationY, BodyInclinationZ
from posecap.posecodes.measures.distance import Distance
from posecap.posecodes.measures.ground_contact import GroundContact
from posecap.posecodes.measures.head_inclination import HeadInclinationX, HeadInclinationZ, HeadTurn
from posecap.posecodes.measures.pitch_roll import PitchRoll
from posecap.posecodes.measures.relative_position import RelativePosition
from posecap.posecodes.measures.relative_rotation import RelativeRotation

MEASURES: dict[str, Measure] = {
    "angle": Angle(),
    "distance": Distance(),
    "relative_position_x": RelativePosition(0),
    "relative_position_y": RelativePosition(1),
    "relative_position_z": RelativePosition(2),
    "pitch_roll": PitchRoll(),
    "ground_contact": GroundContact(),
    "body_inclination_x": BodyInclinationX(),
    "body_inclination_y": BodyInclinationY(),
    "body_inclination_z": BodyInclinationZ(),
    "relative_rotation_x": RelativeRotation(0),
    "relative_rotation_y": RelativeRotation(1),
    "relative_rotation_z": RelativeRotation(2),
    "head_inclination_x": HeadInclinationX(),
    "head_inclination_z": HeadInclinationZ(),
    "head_turn": HeadTurn(),
}

__all__ = ["MEASURES", "Measure", "Pose", "Reordering"]
