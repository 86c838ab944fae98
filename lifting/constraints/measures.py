"""The measures of posecodes in torch: the same values as `posecap.posecodes.measures`, with gradients.

Each takes positions of roles (..., R, 3) in a frame with y up, +x to the body's left, +z forward, and
the roles' places (K, num_joints), and gives (..., K), degrees or metres.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lifting.constraints.vectors import cross, degrees_of, dot, length, unit

Measure = Callable[[Tensor, Tensor, Tensor], Tensor]
UPRIGHT_HEIGHT = 0.2  # metres the shoulders must be over the lower ankle for a forward inclination


def joints_of(points: Tensor, places: Tensor) -> tuple[Tensor, ...]:
    """For each of num_joints, positions (..., K, 3)."""
    return tuple(points[..., column, :] for column in places.T)


def angle(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Degrees between a - b and c - b of joints (a, b, c)."""
    a, b, c = joints_of(points, places)
    first, last = unit(a - b), unit(c - b)
    return torch.rad2deg(torch.atan2(length(cross(first, last)), dot(first, last)))


def distance(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Metres between joints (a, b)."""
    a, b = joints_of(points, places)
    return length(a - b)


def relative_position(axis: int) -> Measure:
    """Coordinate of a minus that of b for joints (a, b), metres."""

    def along_axis(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
        a, b = joints_of(points[..., axis, None], places)
        return (a - b).squeeze(-1)

    return along_axis


def pitch_roll(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Degrees between the line of joints (a, b) and the vertical, 0 to 90."""
    a, b = joints_of(points, places)
    x, y, z = unit(b - a).unbind(-1)
    return degrees_of(length(torch.stack([x, z], dim=-1)), y.abs())


def ground_contact(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Height of joint (a) over the lowest joint, metres."""
    (a,) = joints_of(points, places)
    return a[..., 1] - ground[..., None]


def body_inclination_x(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Forward inclination of the trunk, degrees; 0 for who is not upright."""
    left, right, pelvis, left_ankle, right_ankle = joints_of(points, places)
    middle = (left + right) / 2
    _, up, forward = (middle - pelvis).unbind(-1)
    lower_ankle = torch.minimum(left_ankle[..., 1], right_ankle[..., 1])
    inclination = degrees_of(forward, up)
    return torch.where(lower_ankle < middle[..., 1] - UPRIGHT_HEIGHT, inclination, 0 * inclination)


def body_inclination_y(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Twist of the shoulder line around the vertical, degrees, positive to the right."""
    left, right = joints_of(points, places)[:2]
    x, _, z = (left - right).unbind(-1)
    return degrees_of(z, x)


def body_inclination_z(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Sideways lean of the trunk, degrees, positive to the left."""
    left, right, pelvis = joints_of(points, places)[:3]
    x, y, z = ((left + right) / 2 - pelvis).unbind(-1)
    return degrees_of(x, length(torch.stack([y, z], dim=-1)))


def head_inclination_x(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Bow of the head against the trunk, degrees, positive forward."""
    head, up, left = _trunk(*joints_of(points, places))
    return degrees_of(dot(head, cross(left, up)), dot(head, up))


def head_inclination_z(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Sideways tilt of the head against the trunk, degrees, positive to the left."""
    head, _, left = _trunk(*joints_of(points, places))
    return degrees_of(dot(head, left), length(head - left * dot(head, left)[..., None]))


def head_turn(points: Tensor, places: Tensor, ground: Tensor) -> Tensor:
    """Turn of the head against the shoulders, degrees, positive to the left."""
    left_ear, right_ear, neck, pelvis, left_shoulder, right_shoulder = joints_of(points, places)
    _, up, left = _trunk(neck, neck, pelvis, left_shoulder, right_shoulder)
    ears = left_ear - right_ear
    return degrees_of(-dot(ears, cross(left, up)), dot(ears, left))


def _trunk(head: Tensor, neck: Tensor, pelvis: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, ...]:
    """Unit vectors (..., K, 3): neck to head, the trunk's up and the trunk's left."""
    up = unit(neck - pelvis)
    across = left - right
    return unit(head - neck), up, unit(across - up * dot(across, up)[..., None])


# by the names of posecap.posecodes.measures; those that need joint rotations have no place here
MEASURES: dict[str, Measure] = {
    "angle": angle,
    "distance": distance,
    "relative_position_x": relative_position(0),
    "relative_position_y": relative_position(1),
    "relative_position_z": relative_position(2),
    "pitch_roll": pitch_roll,
    "ground_contact": ground_contact,
    "body_inclination_x": body_inclination_x,
    "body_inclination_y": body_inclination_y,
    "body_inclination_z": body_inclination_z,
    "head_inclination_x": head_inclination_x,
    "head_inclination_z": head_inclination_z,
    "head_turn": head_turn,
}
# read on the viewer's axes where there is a viewer, and left out there
DEPTH, SIDEWAYS = "relative_position_z", "relative_position_x"
# values that change when the body turns around the vertical
NEED_HEADING = frozenset(
    {
        "relative_position_x",
        "relative_position_z",
        "body_inclination_x",
        "body_inclination_y",
        "body_inclination_z",
    }
)
# the same whichever way is up: of joints among each other, or against the trunk
NEED_UP = frozenset(MEASURES) - {"angle", "distance", "head_inclination_x", "head_inclination_z", "head_turn"}
