"""What captions say, as losses on a predicted pose: posecodes in torch, differentiable, and their intervals.

`PosecodeValues` measures a pose in camera coordinates; `Intervals` knows what each statement and
category allows; `StatementConstraints` is zero where a pose agrees with all it is told and grows with
what it does not.
"""

from __future__ import annotations

from lifting.constraints.intervals import Intervals
from lifting.constraints.statements import StatementConstraints
from lifting.constraints.values import PosecodeValues

__all__ = ["Intervals", "PosecodeValues", "StatementConstraints"]
