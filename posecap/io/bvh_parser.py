"""Reading BVH files, row by row; what is wrong is told with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from posecap.errors import InputError
from posecap.io.bvh import POSITION_CHANNELS, ROTATION_CHANNELS, Bvh
from posecap.io.limits import MAX_BYTES, check_limit, require_file

_CHANNELS = {name.lower(): name for name in (*POSITION_CHANNELS, *ROTATION_CHANNELS)}


def read_bvh(path: str | Path) -> Bvh:
    """One BVH file; InputError names the file, the line and what was expected there."""
    path = Path(path)
    require_file(path)
    check_limit(path, path.stat().st_size, MAX_BYTES)
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({type(error).__name__})") from error
    return _Parser(path, text).parse()


class _Parser:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines: Iterator[tuple[int, str]] = _rows(text)
        self.number = 0
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[np.ndarray] = []
        self.channels: list[tuple[str, ...]] = []
        self.ends: dict[int, np.ndarray] = {}

    def parse(self) -> Bvh:
        if self._next().upper() != "HIERARCHY":
            raise self._wrong("HIERARCHY")
        self._tree()
        frames = self._number_after("Frames:")
        frame_time = self._number_after("Frame Time:")
        if frame_time <= 0:
            raise self._wrong("a frame time above 0")
        motion = self._motion(int(frames))
        offsets = np.array(self.offsets)
        tree = tuple(self.names), tuple(self.parents), offsets, tuple(self.channels)
        return Bvh(*tree, motion, frame_time, self.ends)

    def _next(self) -> str:
        self.number, line = next(self.lines, (self.number + 1, ""))
        return line

    def _wrong(self, expected: str) -> InputError:
        return InputError(f"{self.path}, line {self.number}: not a BVH file: expected {expected}")

    def _tree(self) -> None:
        """Reads joints up to the line MOTION. `open_joints` is the chain of braces; None for an end site."""
        open_joints: list[int | None] = []
        while (line := self._next()).upper() != "MOTION":
            word, _, rest = line.replace("\t", " ").partition(" ")
            rest = rest.strip()
            if word in ("ROOT", "JOINT"):
                open_joints.append(self._add_joint(rest, open_joints))
            elif word.lower() == "end":
                open_joints.append(None)
            elif word.upper() == "OFFSET" and open_joints:
                self._add_offset(rest, open_joints)
            elif word.upper() == "CHANNELS" and open_joints and open_joints[-1] is not None:
                self.channels[open_joints[-1]] = self._channel_names(rest)
            elif word == "}" and open_joints:
                open_joints.pop()
            elif word != "{":
                raise self._wrong("ROOT, JOINT, End Site, OFFSET, CHANNELS, braces or MOTION")
        if open_joints or not self.names:
            raise self._wrong("a joint tree with all its braces closed before MOTION")

    def _add_joint(self, name: str, open_joints: list[int | None]) -> int:
        name = name or f"joint{len(self.names)}"
        self.names.append(name if name not in self.names else f"{name}_{len(self.names)}")
        parent = open_joints[-1] if open_joints else -1
        if parent is None:
            raise self._wrong("no joint inside an end site")
        self.parents.append(parent)
        self.offsets.append(np.zeros(3))
        self.channels.append(())
        return len(self.names) - 1

    def _add_offset(self, rest: str, open_joints: list[int | None]) -> None:
        offset = self._floats(rest)
        if len(offset) != 3:
            raise self._wrong("three numbers after OFFSET")
        if open_joints[-1] is not None:
            self.offsets[open_joints[-1]] = offset
        elif len(open_joints) > 1 and open_joints[-2] is not None:
            self.ends[open_joints[-2]] = offset

    def _channel_names(self, rest: str) -> tuple[str, ...]:
        count, *names = rest.split() or ["nothing"]
        known = tuple(_CHANNELS.get(name.lower(), "") for name in names)
        if count != str(len(names)) or not all(known):
            raise self._wrong(f"a count and as many of {', '.join(_CHANNELS.values())} after CHANNELS")
        return known

    def _number_after(self, word: str) -> float:
        line = self._next()
        start = line[: len(word)].lower()
        numbers = self._floats(line[len(word) :]) if start == word.lower() else None
        if numbers is None or len(numbers) != 1:
            raise self._wrong(f"'{word}' and a number")
        return float(numbers[0])

    def _floats(self, text: str, finite: bool = True) -> np.ndarray:
        try:
            numbers = np.array(text.split(), dtype=np.float64)
        except ValueError as error:
            raise self._wrong("numbers") from error
        if finite and not np.isfinite(numbers).all():
            raise self._wrong("finite numbers")
        return numbers

    def _motion(self, num_frames: int) -> np.ndarray:
        width = sum(len(channels) for channels in self.channels)
        first = self.number + 1
        values = self._floats(" ".join(line for _, line in self.lines), finite=False)
        if len(values) != num_frames * width or not num_frames:
            raise InputError(
                f"{self.path}: from line {first} on, expected {num_frames} frames of {width} channels, "
                f"found {len(values)} numbers ({len(values) / max(width, 1):.6g} frames)"
            )
        motion = values.reshape(num_frames, width)
        bad = ~np.isfinite(motion).all(axis=1)
        if bad.any():
            raise InputError(f"{self.path}: frame {int(bad.argmax())} has a channel that is not a number")
        return motion


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """(line number, text) of what is not blank; a brace is always a row of its own."""
    for number, line in enumerate(text.splitlines(), start=1):
        parts = re.split(r"([{}])", line) if "{" in line or "}" in line else [line]
        yield from ((number, part.strip()) for part in parts if part.strip())
