"""Posecode values of poses in camera coordinates, differentiable."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from lifting.constraints.frames import body_axes, camera_axes
from lifting.constraints.measures import DEPTH, MEASURES, NEED_HEADING, NEED_UP, SIDEWAYS
from posecap.errors import InputError, unknown_name
from posecap.posecodes.definitions import Definitions
from posecap.skeletons import Extrapolation, Skeleton

HEADING_LINES = (("right_hip", "left_hip"), ("right_shoulder", "left_shoulder"))
FRAMES = ("body", "camera")
LEVEL = (0.0, -1.0, 0.0)  # stands in for an up that is not known: nothing that needs it is read


class PosecodeValues(nn.Module):
    """Values of every posecode of some definitions on some skeleton.

    Args:
        definitions, skeleton: what is measured and on which joints.
        frame: "body" (heading removed, from the pose's own hips) or "camera" (relative
            positions along z are the viewer's depth, those along x are not measured).

    Attributes:
        measured: (K,) bool over `definitions.columns`: False where the skeleton lacks the roles, the
            measure needs joint rotations or the frame leaves it out.
    """

    places: Tensor
    measured: Tensor
    needs_heading: Tensor
    needs_up: Tensor
    role_weights: Tensor
    ground_weights: Tensor

    def __init__(self, definitions: Definitions, skeleton: Skeleton, frame: str = "body") -> None:
        super().__init__()
        if frame not in FRAMES:
            raise unknown_name("posecode frame", frame, FRAMES)
        self.frame = frame
        measures = [definitions.kinds[kind].measure for kind, _ in definitions.columns]
        told_in_frame = set(MEASURES) - {SIDEWAYS} if frame == "camera" else set(MEASURES)
        able = [
            column
            for column, (_, entry) in enumerate(definitions.columns)
            if measures[column] in told_in_frame and all(_is_linear(skeleton, role) for role in entry.joints)
        ]
        lines = [role for line in HEADING_LINES for role in line]
        told = [role for column in able for role in definitions.columns[column][1].joints]
        self.roles = tuple(dict.fromkeys((*lines, *told)))
        self.measures = tuple(dict.fromkeys(measures[column] for column in able))
        groups = {name: [column for column in able if measures[column] == name] for name in self.measures}
        for name, columns in groups.items():
            self._buffer(f"places_of_{name}", _places(definitions, columns, self.roles))
        need_heading = NEED_HEADING - {DEPTH} if frame == "camera" else NEED_HEADING
        order = [column for columns in groups.values() for column in columns]
        self._buffer("measured", np.isin(np.arange(len(measures)), able))
        self._buffer("needs_heading", np.isin(measures, list(need_heading)))
        self._buffer("needs_up", np.isin(measures, list(NEED_UP)))
        # place of each column in the joined groups; what is not measured points behind them, at 0
        self._buffer("places", [order.index(k) if k in able else len(order) for k in range(len(measures))])
        self._buffer("role_weights", _role_weights(skeleton, self.roles), torch.float64)
        self._buffer(
            "ground_weights", _role_weights(skeleton, skeleton.ground or skeleton.joints), torch.float64
        )

    def _buffer(self, name: str, values: object, dtype: torch.dtype | None = None) -> None:
        # all of it follows from the definitions: nothing to store in checkpoints
        self.register_buffer(name, torch.as_tensor(np.asarray(values), dtype=dtype), persistent=False)

    def forward(self, pose: Tensor, up: Tensor) -> tuple[Tensor, Tensor]:
        """Values and which of them are known.

        Args:
            pose: (..., J, 3) metres, camera coordinates (x right, y down, z forward), any origin.
            up: (..., 3) the direction against gravity in camera coordinates, NaN where it is not known.

        Returns:
            (..., K) degrees or metres, 0 where not measured; (..., K) bool, also False for values
            that depend on the heading where the pose does not tell one, or on an up that is not known.
        """
        with torch.autocast(pose.device.type, enabled=False):  # half types are too coarse for geometry
            return self._measure(pose, up)

    def _measure(self, pose: Tensor, up: Tensor) -> tuple[Tensor, Tensor]:
        pose = pose if pose.dtype == torch.float64 else pose.float()
        points = self.role_weights.to(pose.dtype) @ pose
        up = up.to(pose.dtype).expand(*pose.shape[:-2], 3)
        up_known = up.isfinite().all(-1)
        up = torch.where(up_known[..., None], up, up.new_tensor(LEVEL))
        axes, heading_known = body_axes(self._heading_lines(points), up)
        seen = points @ camera_axes(up).mT if self.frame == "camera" else None
        points = points @ axes.mT
        heights = (self.ground_weights.to(pose.dtype) @ pose) @ axes[..., 1, :, None]
        ground = heights.squeeze(-1).amin(-1)
        joined = [
            MEASURES[name](
                seen if seen is not None and name == DEPTH else points,
                self.get_buffer(f"places_of_{name}"),
                ground,
            )
            for name in self.measures
        ]
        values = torch.cat([*joined, pose.new_zeros(*pose.shape[:-2], 1)], dim=-1)[..., self.places]
        known = (heading_known[..., None] | ~self.needs_heading) & (up_known[..., None] | ~self.needs_up)
        return values, self.measured & known

    def _heading_lines(self, points: Tensor) -> list[Tensor]:
        return [
            points[..., self.roles.index(left), :] - points[..., self.roles.index(right), :]
            for right, left in HEADING_LINES
        ]


def _places(definitions: Definitions, columns: list[int], roles: tuple[str, ...]) -> list[list[int]]:
    """(K, num_joints) places in `roles` of the joints of some columns."""
    return [[roles.index(role) for role in definitions.columns[column][1].joints] for column in columns]


def _is_linear(skeleton: Skeleton, role: str) -> bool:
    """Whether a role is there and is a mean of joints."""
    source = skeleton.roles.get(role)
    if source is None or isinstance(source, Extrapolation):
        return False
    parts = (source,) if isinstance(source, str) else source
    return all(part in skeleton.joints or _is_linear(skeleton, part) for part in parts)


def _role_weights(skeleton: Skeleton, roles: Iterable[str]) -> np.ndarray:
    """(R, J) such that roles = weights @ joints."""
    one_hot = dict(zip(skeleton.joints, np.eye(skeleton.num_joints), strict=True))
    roles = tuple(roles)
    missing = [role for role in roles if role not in skeleton.joints and not _is_linear(skeleton, role)]
    if missing:
        raise InputError(f"skeleton {skeleton.name} has no role {missing[0]} that is a mean of joints")
    return np.stack([skeleton.role_row(role, one_hot) for role in roles])
