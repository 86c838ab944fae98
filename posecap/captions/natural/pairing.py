"""Two clauses in one segment: left against right, a pair and its parts, parts of one side."""

from __future__ import annotations

from posecap.captions.natural.facts import COUNTERPART, OTHER_SIDE
from posecap.captions.natural.merge import Clause, other_side
from posecap.captions.natural.phrases import DETERMINER, Phraser
from posecap.captions.natural.segment import Segment, as_segment, tell

MAX_COMPLEMENTS = 3  # told of one subject in a row


def contrasts(one: Clause, two: Clause) -> bool:
    """Whether two clauses speak of the left and the right version of the same parts."""
    return (
        one.subjects[0].side in OTHER_SIDE
        and two.subjects == tuple(other_side(subject) for subject in one.subjects)
        and len({subject.side for subject in one.subjects}) == 1
        and len(one.predicates) <= 2
        and len(two.predicates) <= 2
    )


def contrast(one: Clause, two: Clause, phraser: Phraser) -> list[Segment]:
    """`the left elbow is straight while the other is slightly bent`."""
    first, second = tell(one, phraser), tell(two, phraser)
    target = _shared_target(one, two, phraser)
    if target:
        second = second._replace(pieces=[piece.replace(target, "it") for piece in second.pieces])
    side = two.subjects[0].side
    if len(two.subjects) > 1:
        name = f"{DETERMINER} {side} ones"
    else:
        name = phraser.choice.pick(("the other", f"{DETERMINER} {side} one", f"{DETERMINER} {side} one"))
    text = f"{first.subject} {first.be} {first.predicate}"
    verbless = f"{first.subject} {first.predicate} and {name} {second.predicate}"
    link = phraser.choice.pick((" while ", ", while ", ", and "))
    whole = f"{text}{link}{name} {second.be} {second.predicate}"
    if whole.count(" ") > 32:
        return [as_segment(first), as_segment(second)]
    return [Segment(whole, verbless, first.ids + second.ids, contrasts=True)]


def _shared_target(one: Clause, two: Clause, phraser: Phraser) -> str:
    """The noun phrase that is the second part of both clauses, if there is one without sides."""
    targets = {predicate.target for clause in (one, two) for predicate in clause.predicates}
    target = targets.pop() if len(targets) == 1 else None
    return phraser.plain(target.side, target.part) if target and target.side is None else ""


def details(pair: Clause, one: Clause) -> bool:
    """Whether `one` tells how the two parts that `pair` speaks of stand to each other."""
    subject = pair.subjects[0]
    return (
        len(pair.subjects) == len(one.subjects) == 1
        and subject.side == "both"
        and one.subjects[0].part == subject.part
        and len(pair.predicates) <= MAX_COMPLEMENTS
        and all(predicate.target and predicate.target.side == COUNTERPART for predicate in one.predicates)
    )


def detailed(pair: Clause, one: Clause, phraser: Phraser) -> Segment:
    """`the hands are spread apart, the left one above the other`."""
    first, second = tell(pair, phraser), tell(one, phraser)
    predicate = second.predicate
    for name in (phraser.plain(side, one.subjects[0].part) for side in OTHER_SIDE):
        predicate = predicate.replace(name, "the other")
    name = f"{DETERMINER} {one.subjects[0].side} one"
    text = f"{first.subject} {first.be} {first.predicate}, {name} {predicate}"
    return Segment(text, "", first.ids + second.ids, contrasts=True)


def can_gap(one: Clause, two: Clause) -> bool:
    """Whether `two` can follow `one` without side and verb: "..., the forearm horizontal"."""
    lone = len(one.subjects) == len(two.subjects) == len(two.predicates) == 1
    side, other = one.subjects[0].side, two.subjects[0].side
    bare = all(
        clause.predicates[0].target is None and clause.predicates[0].form == "one" for clause in (one, two)
    )
    return lone and bare and len(one.predicates) == 1 and side == other and side is not None


def gapped(clauses: list[Clause], phraser: Phraser) -> Segment:
    """`the left elbow is straight, the forearm horizontal`."""
    told = [tell(clause, phraser) for clause in clauses]
    short = [f"{_short(one.clause, phraser)} {one.predicate}" for one in told[1:]]
    first = f"{told[0].subject} {told[0].be} {told[0].predicate}"
    rest = f", {short[0]}" if len(short) == 1 else f", {' and '.join(short)}"
    return Segment(first + rest, "", tuple(i for one in told for i in one.ids), contrasts=True)


def _short(clause: Clause, phraser: Phraser) -> str:
    noun = phraser.noun(clause.subjects[0].part)
    return f"{DETERMINER} {noun.many if clause.subjects[0].side == 'both' else noun.noun}"
