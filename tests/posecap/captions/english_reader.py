"""An independent reader of natural captions: English in, statements out.

It knows English words for body parts and relations, and grammar; it shares nothing with the writer.
What it understands are tuples (subject role, relation, object role or None), relations between left
and right always told of the left one.
"""

from __future__ import annotations

import re

PARTS = {
    "top of the neck": "neck_top", "side of the back": "backdiag", "sides of the back": "backdiag",
    "upper arm": "upperarm", "upper arms": "upperarm", "forearm": "forearm", "forearms": "forearm",
    "arm": "arm", "arms": "arm", "leg": "leg", "legs": "leg", "head": "head", "neck": "neck", "torso": "torso",
    "shoulder": "shoulder", "shoulders": "shoulder", "elbow": "elbow", "elbows": "elbow", "hand": "hand",
    "hands": "hand", "wrist": "wrist", "wrists": "wrist", "hip": "hip", "hips": "hip", "thigh": "thigh",
    "thighs": "thigh", "knee": "knee", "knees": "knee", "shin": "shin", "shins": "shin", "ankle": "ankle",
    "ankles": "ankle", "foot": "foot", "feet": "foot",
}  # fmt: skip
PLURALS = {word for word in PARTS if word.endswith("s") or word in ("feet", "sides of the back")}
PLURALS -= {"torso"}
UNSIDED = {"head", "neck", "neck_top", "torso"}
OTHER = {"left": "right", "right": "left"}

BENT = {
    "completely bent": "completely bent|fully bent|bent all the way|folded completely",
    "bent more": "bent past a right angle|bent past right angles|sharply bent|strongly bent|bent at an acute angle|bent at acute angles",
    "right angle": "bent at a right angle|bent at right angles|bent at ninety degrees|bent to a right angle|bent to right angles|bent at about ninety degrees",
    "bent less": "partly bent|moderately bent|somewhat bent|bent at an obtuse angle|bent at obtuse angles",
    "slightly bent": "slightly bent|a little bent|almost straight|bent just a little|nearly straight",
    "straight": "straight|fully extended|completely straight|stretched out straight",
}  # fmt: skip
ALONE = {
    ("direction", "vertical"): "vertical|straight up and down|upright|held upright",
    ("direction", "horizontal"): "horizontal|parallel to the ground|parallel to the floor",
    ("flat", "horizontal"): "completely horizontal|fully horizontal|entirely horizontal",
    ("ground", "on_ground"): "on the ground|on the floor|down on the ground",
    ("kneel", "kneeling"): "kneeling on both knees|down on both knees",
    ("kneel", "kneel_on_left"): "kneeling on the left knee|down on the left knee",
    ("kneel", "kneel_on_right"): "kneeling on the right knee|down on the right knee",
    ("nod", "incline backward"): "thrown back",
    ("nod", "incline forward"): "bowed|bowed forward",
}  # fmt: skip
PAIRS = {
    ("distance", "close"): "close together|close to each other|near each other|next to each other",
    ("distance", "shoulder width"): "about shoulder width apart|roughly shoulder width apart|around shoulder width apart",
    ("distance", "spread"): "spread apart|held apart|a good distance apart|well apart",
    ("distance", "wide"): "wide apart|far apart|spread wide|far away from each other",
    ("level width", "shoulder width"): "a shoulder's width apart at the same height|level and shoulder width apart|a shoulder's width apart and level",
    ("x", "at_right"): "crossed|crossed over",
}  # fmt: skip
TWO = {
    ("distance", "close"): "close to|near|next to",
    ("x", "at_right"): "to the right of|on the right of|further to the right than",
    ("x", "at_left"): "to the left of|on the left of|further to the left than",
    ("x", "inner"): "on the inner side of",
    ("x", "outer"): "on the outer side of",
    ("y", "below"): "below|lower than",
    ("y", "above"): "above|higher than",
    ("z", "behind"): "behind|further back than",
    ("z", "front"): "in front of|further forward than|ahead of",
}  # fmt: skip
AMOUNTS = {"slightly": 1, "a little": 1, "far": 2, "deeply": 2, "heavily": 2, "sharply": 2, "well": 2, "": 0}
PARTICIPLES = ("leaning", "bent", "arched", "twisted", "turned", "tilted", "tipped", "inclined", "thrown")
WAYS = ("forward", "backward", "back", "to the left", "to the right")
OPPOSITE = {
    "above": "below",
    "below": "above",
    "behind": "front",
    "front": "behind",
    "at_left": "at_right",
    "at_right": "at_left",
}

Fact = tuple[str, str, str, str | None]  # subject role, measure, category, object role


def _table() -> list[tuple[str, tuple]]:
    entries: list[tuple[str, tuple]] = []
    entries += [(text, ("one", "angle", name)) for name, texts in BENT.items() for text in texts.split("|")]
    entries += [(text, ("one", *name)) for name, texts in ALONE.items() for text in texts.split("|")]
    entries += [(text, ("pair", *name)) for name, texts in PAIRS.items() for text in texts.split("|")]
    entries += [(text, ("two", *name)) for name, texts in TWO.items() for text in texts.split("|")]
    for amount in AMOUNTS:
        for way in WAYS:
            end = f"{amount} {way}".strip()
            entries += [(f"{verb} {end}", ("lean", verb, amount, way)) for verb in PARTICIPLES]
            entries += [(f"{end} at the waist", ("lean", "", amount, way)), (end, ("lean", "", amount, way))]
            entries += [(f"turned {end} at the waist", ("lean", "twisted", amount, way))]
    for figure in ("the person", "the figure", "he", "she", "they"):
        entries.append((figure, ("figure",)))
    entries += [
        (text, ("name", text))
        for text in (
            "the other",
            "the left one",
            "the right one",
            "the left ones",
            "the right ones",
            "it",
            "both",
            "each",
        )
    ]
    for text in ("is", "are"):
        entries.append((text, ("verb",)))
    entries += [
        ("has", ("skip",)),
        ("have", ("skip",)),
        ("with", ("skip",)),
        ("while", ("skip",)),
        ("also", ("skip",)),
    ]
    entries += [("and", ("link",)), (",", ("link",))]
    return sorted(entries, key=lambda entry: -len(entry[0]))


TABLE = _table()
NOUN = "|".join(sorted(PARTS, key=len, reverse=True))
PHRASE = re.compile(
    rf"(?P<head>both|each|its own|the opposite|the)(?: (?P<side>left|right))? (?P<nouns>(?:{NOUN})(?:(?:, | and |, and )(?:{NOUN}))*)(?![a-z])"
)


def _tokens(sentence: str) -> list[tuple]:
    text = sentence.rstrip(".").lower()
    text = re.sub(r"\b(their|his|her)\b", "the", text)
    text = re.sub(r"(?<=[a-z]),", " ,", text)
    tokens: list[tuple] = []
    while text:
        phrase = PHRASE.match(text.replace(" ,", ","))
        if phrase:
            raw = re.match(PHRASE.pattern.replace(", ", " ?, "), text)
            assert raw
            nouns = re.split(r" ?, and | ?, | and ", raw["nouns"])
            tokens.append(("np", raw["head"], raw["side"], nouns))
            text = text[raw.end() :].lstrip()
            continue
        for word, token in TABLE:
            if text.startswith(word) and not text[len(word) : len(word) + 1].isalpha():
                tokens.append(token)
                text = text[len(word) :].lstrip()
                break
        else:
            raise ValueError(f"cannot read '{text}' in '{sentence}'")
    return tokens


class Reader:
    """Reads sentence after sentence; a pronoun may refer to the sentence before."""

    def __init__(self) -> None:
        self.subjects: list[tuple[str | None, str]] = []  # (side, part); side "both" for two
        self.each = False
        self.object: list[tuple[str | None, str]] = []
        self.facts: list[Fact] = []
        self.verb = ""

    def read(self, sentence: str) -> list[Fact]:
        """The facts that one sentence makes."""
        self.facts = []
        tokens = _tokens(sentence)
        place = 0
        while place < len(tokens):
            place = self._step(tokens, place)
        return self.facts

    def _step(self, tokens: list[tuple], place: int) -> int:
        token = tokens[place]
        if token[0] in ("skip", "link", "verb"):
            return place + 1
        if token[0] in ("np", "figure", "name"):
            self.verb = ""
            after = self._subject(tokens, place)
            return after
        if token[0] == "two":
            return self._relations(tokens, place)
        self._say(token)
        return place + 1

    def _subject(self, tokens: list[tuple], place: int) -> int:
        """A subject, perhaps a list of noun phrases."""
        before = self.subjects
        self.subjects, self.each = [], False
        while True:
            self.subjects += self._named(tokens[place], before)
            if self._continues(tokens, place):
                place += 2
                continue
            return place + 1

    @staticmethod
    def _continues(tokens: list[tuple], place: int) -> bool:
        following = tokens[place + 1 : place + 3]
        return len(following) == 2 and following[0][0] == "link" and following[1][0] == "np"

    def _named(self, token: tuple, before: list[tuple[str | None, str]]) -> list[tuple[str | None, str]]:
        if token[0] == "figure":
            return [(None, "body")]
        if token[0] == "name":
            return self._referred(token[1], before)
        _, head, side, nouns = token
        self.each = self.each or head == "each"
        return [self._sided(head, side, noun, before) for noun in nouns]

    def _sided(
        self, head: str, side: str | None, noun: str, before: list[tuple[str | None, str]]
    ) -> tuple[str | None, str]:
        part = PARTS[noun]
        if head in ("both", "each") or noun in PLURALS:
            return ("both", part)
        if side is None and part not in UNSIDED:
            side = before[0][0]
        return (side, part)

    def _referred(self, word: str, before: list[tuple[str | None, str]]) -> list[tuple[str | None, str]]:
        if word in ("it", "both", "each"):
            self.each = word == "each"
            return before
        if word == "the other":
            return [(OTHER[side], part) for side, part in before]
        return [(word.split()[1], part) for _, part in before]

    def _relations(self, tokens: list[tuple], place: int) -> int:
        """`above and in front of` + objects."""
        relations = []
        while True:
            relations.append(tokens[place][1:])
            place += 1
            if tokens[place][0] == "link" and tokens[place + 1][0] == "two":
                place += 1
                continue
            break
        objects, place = self._objects(tokens, place)
        for relation in relations:
            for target in objects:
                self._relate(relation, target)
        return place

    def _objects(self, tokens: list[tuple], place: int) -> tuple[list[tuple], int]:
        objects = []
        while True:
            token = tokens[place]
            if token == ("name", "it"):
                return self.object, place + 1
            objects += (
                [token] if token[0] == "name" else [("np", token[1], token[2], [noun]) for noun in token[3]]
            )
            if self._continues(tokens, place) and not self._starts_clause(tokens, place + 2):
                place += 2
                continue
            self.object = objects
            return objects, place + 1

    def _starts_clause(self, tokens: list[tuple], place: int) -> bool:
        """Whether the noun phrase there is a subject: a verb or a predicate follows, perhaps after more of them."""
        while self._continues(tokens, place):
            place += 2
        return place + 1 < len(tokens) and tokens[place + 1][0] in ("verb", "one", "two", "pair", "lean")

    def _relate(self, relation: tuple[str, str], target: tuple) -> None:
        for side, part in self.subjects:
            sides = ("left", "right") if side == "both" else (side,)
            for own in sides:
                for other in self._target_roles(own, part, target):
                    self._add(own, part, relation, other)

    def _target_roles(self, own: str | None, part: str, target: tuple) -> list[tuple[str | None, str]]:
        if target[0] == "name":
            return [(OTHER[own], part)]
        _, head, side, (noun,) = target
        named = PARTS[noun]
        if head == "its own":
            return [(own, named)]
        if head == "the opposite":
            return [(OTHER[own], named)]
        if head == "both" or noun in PLURALS:
            return [("left", named), ("right", named)]
        return [(side, named)]

    def _add(
        self, side: str | None, part: str, relation: tuple[str, str], other: tuple[str | None, str]
    ) -> None:
        measure, category = relation
        if category in ("inner", "outer"):
            category = "at_right" if (category == "inner") == (side == "left") else "at_left"
        if side == "right" and other == ("left", part):
            side, other, category = "left", ("right", part), OPPOSITE.get(category, category)
        self.facts.append((_role(side, part), measure, category, _role(*other)))

    def _say(self, token: tuple) -> None:
        for side, part in self.subjects:
            if token[0] == "pair":
                self.facts.append((_role("left", part), *token[1:], _role("right", part)))
                continue
            for own in ("left", "right") if side == "both" else (side,):
                self._say_of(own, part, token)

    def _say_of(self, side: str | None, part: str, token: tuple) -> None:
        if token[0] == "lean":
            self.facts.append(self._leaning(part, *token[1:]))
            return
        measure, category = token[1:]
        segments = {"arm": ("upperarm", "forearm"), "leg": ("thigh", "shin")}.get(part, (part,))
        joints = {"arm": ("elbow",), "leg": ("knee",)}.get(part, (part,))
        for one in segments if measure == "direction" else joints:
            self.facts.append((_role(side, one), measure, category, None))

    def _leaning(self, part: str, verb: str, amount: str, way: str) -> Fact:
        self.verb = verb or self.verb
        way = way.removeprefix("to the ").replace("backward", "back").replace("back", "backward")
        slightly = " slightly" if AMOUNTS[amount] == 1 else ""
        if part == "head":
            if way in ("forward", "backward"):
                return ("head", "nod", f"incline {way}", None)
            return (
                ("head", "turn", f"turn {way}{slightly}", None)
                if self.verb == "turned"
                else ("head", "tilt", f"incline {way}", None)
            )
        if self.verb in ("twisted", "turned"):
            return ("body", "twist", f"body twist {way}{slightly}", None)
        kind = "incline" if way in ("forward", "backward") else "lean"
        return ("body", "lean", f"body {kind} {way}{slightly}", None)


def _role(side: str | None, part: str) -> str:
    return f"{side}_{part}" if side else part


def facts_of_statements(definitions) -> dict[Fact, int]:
    """What the reader would understand of each statement, from the definitions alone."""
    measures = {
        "angle": "angle", "distance": "distance", "relative_position_x": "x", "relative_position_y": "y",
        "relative_position_z": "z", "pitch_roll": "direction", "ground_contact": "ground",
        "body_inclination_x": "lean", "body_inclination_z": "lean", "body_inclination_y": "twist",
        "head_inclination_x": "nod", "relative_rotation_x": "nod", "head_turn": "turn", "relative_rotation_y": "turn",
        "head_inclination_z": "tilt", "relative_rotation_z": "tilt",
    }  # fmt: skip
    facts = {}
    for one in definitions.statements:
        if one.kind == "super":
            measure = (
                "direction"
                if one.subject == "torso"
                else "level width"
                if one.subject.startswith("both")
                else "kneel"
            )
        else:
            measure = measures[definitions.kinds[one.kind].measure]
        subject, target = one.subject, one.object
        if subject.startswith("both_"):
            part = PARTS[subject.removeprefix("both_")]
            subject, target = f"left_{part}", f"right_{part}"
        facts[(subject, measure, one.category, target)] = one.id
    return facts
