"""Which joint of an unknown skeleton is which: landmarks guessed from joint names and the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest

SIDES = ("left", "right")
LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
NEEDED = tuple(f"{side}_{part}" for side in SIDES for limb in LIMBS for part in limb)


class BodyWords(Manifest):
    """`manifests/names/body.yaml`: the words that joint names are made of."""

    name: str
    landmarks: dict[str, tuple[str, ...]]
    neck: tuple[str, ...]
    head: tuple[str, ...]
    spine: tuple[str, ...]
    not_joints: tuple[str, ...]
    fillers: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    units: dict[str, float]


def body_words() -> BodyWords:
    """The words that ship with the package."""
    return manifests.load("names", "body", BodyWords)


class UnclearError(InputError):
    """Names, unit or axes of a skeleton do not tell what is what; `short` says what stays open."""

    def __init__(self, message: str, short: str) -> None:
        super().__init__(message)
        self.short = short

    def __reduce__(self) -> tuple[type[UnclearError], tuple[str, str]]:
        return type(self), (str(self), self.short)


@dataclass(frozen=True)
class Landmarks:
    """Joint indices: `joints` by landmark ("left_knee", "neck", "left_toe", ...), and the spine's."""

    joints: dict[str, int]
    spine: tuple[int, ...]


def guess_landmarks(
    names: Sequence[str],
    parents: Sequence[int],
    given: Mapping[str, str] | None = None,
    source: str = "skeleton",
) -> Landmarks:
    """Landmarks of the joints `names`; `given` (landmark -> joint name) goes before any guess.

    InputError tells which landmark was not found, or lies on the wrong side of another in the tree,
    and what to add.
    """
    words, given = body_words(), dict(given or {})
    joints = {landmark: _index(names, name, landmark, source) for landmark, name in given.items()}
    parsed = [_split(name, _common_prefix(names), words) for name in names]
    for side in SIDES:
        for part, wanted in words.landmarks.items():
            landmark = f"{side}_{part}"
            found = joints.get(landmark, _first(parsed, side, wanted, set(joints.values()), parents))
            if found is not None:
                joints[landmark] = found
    middle = set(joints.values())
    for landmark, wanted in (("neck", words.neck), ("head", words.head)):
        found = joints.get(landmark, _first(parsed, "", wanted, middle, parents))
        if found is not None:
            joints[landmark] = found
    _check(joints, names, parents, source)
    spine = [index for index, (side, word) in enumerate(parsed) if not side and word in words.spine]
    return Landmarks(joints, tuple(spine))


def _index(names: Sequence[str], name: str, landmark: str, source: str) -> int:
    for index, known in enumerate(names):
        if known.lower() == name.lower():
            return index
    raise InputError(f"{source}: {landmark} is to be '{name}', but its joints are {', '.join(names)}")


def _common_prefix(names: Sequence[str]) -> str:
    """What most names begin with ("mixamorig:", "Bip01 "), up to a separator."""
    heads = [
        match[0] if (match := re.match(r"^.*?[:|]|^[A-Za-z]+\d*[_ ](?=[A-Za-z])", name)) else ""
        for name in names
    ]
    best = max(set(heads), key=heads.count)
    return best if best and heads.count(best) > 0.6 * len(names) else ""


def _split(name: str, prefix: str, words: BodyWords) -> tuple[str, str]:
    """("left" | "right" | "", the rest in lower case without digits); ("", "") for helpers and fingers."""
    name = re.sub(r"^.*[:|]", "", name.removeprefix(prefix))
    tokens = [token.lower() for token in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    tokens = [token for token in tokens if token not in words.fillers] or tokens
    side = ""
    for index, token in enumerate(tokens):
        if len(tokens) > 1 and (token in words.left or token in words.right):
            side = "left" if token in words.left else "right"
            tokens.pop(index)
            break
    word = "".join(tokens)
    if not side:
        side, word = _glued(word, words)
    if any(token in words.not_joints for token in [*tokens, word]):
        return "", ""
    return side, word


def _glued(word: str, words: BodyWords) -> tuple[str, str]:
    """Side of a name such as "lfemur" or "leftupleg", where the rest is a known word."""
    known = {entry for entries in words.landmarks.values() for entry in entries}
    for side, marks in (("left", words.left), ("right", words.right)):
        for mark in marks:
            if word.startswith(mark) and word.removeprefix(mark) in known:
                return side, word.removeprefix(mark)
            if word.endswith(mark) and word.removesuffix(mark) in known:
                return side, word.removesuffix(mark)
    return "", word


def _first(
    parsed: Sequence[tuple[str, str]],
    side: str,
    wanted: Sequence[str],
    taken: set[int],
    parents: Sequence[int],
) -> int | None:
    """The joint nearest to the root that has the first word of `wanted` that any free joint has."""
    for word in wanted:
        found = [index for index, entry in enumerate(parsed) if entry == (side, word) and index not in taken]
        if found:
            return min(found, key=lambda index: len(ancestors(index, parents)))
    return None


def ancestors(joint: int, parents: Sequence[int]) -> list[int]:
    """The joints above `joint`, nearest first."""
    chain = []
    while (joint := parents[joint]) >= 0:
        chain.append(joint)
    return chain


def _check(joints: Mapping[str, int], names: Sequence[str], parents: Sequence[int], source: str) -> None:
    missing = [landmark for landmark in (*NEEDED, "head") if landmark not in joints]
    if missing:
        raise UnclearError(
            f"{source}: no joint name says {', '.join(missing)}; name them, as in the "
            f"option roles={missing[0]}=NAME; its joints are {', '.join(names)}",
            f"roles: which joint is {', '.join(missing)}",
        )
    for side in SIDES:
        for limb in LIMBS:
            for upper, lower in pairwise(limb):
                above, below = joints[f"{side}_{upper}"], joints[f"{side}_{lower}"]
                if above not in ancestors(below, parents):
                    raise UnclearError(
                        f"{source}: took {names[above]} for {side}_{upper} and {names[below]} for "
                        f"{side}_{lower}, but the one does not carry the other; name them, as in the "
                        f"option roles={side}_{upper}=NAME",
                        f"roles: which joints are {side}_{upper} and {side}_{lower}",
                    )
