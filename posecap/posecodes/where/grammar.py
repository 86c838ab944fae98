"""The little language of filters, by recursive descent.

    filter    := all { "or" all }
    all       := one { "and" one }
    one       := "not" one | "(" filter ")" | condition
    condition := name ("is" | "are") ["not"] category

A name is body parts and, where it takes one to tell posecodes apart, their kind; a category may stand
in quotes. See `naming` for how both are understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from posecap.errors import InputError
from posecap.posecodes.definitions import Definitions
from posecap.posecodes.where.naming import Condition, Namer

Test = Callable[[np.ndarray], np.ndarray]

_TOKEN = re.compile(r"\s*(?:(?P<quoted>'[^']*'|\"[^\"]*\")|(?P<bracket>[()])|(?P<word>[^\s()'\"]+))")
_JOINING = {"and", "or", ")"}
_VERBS = {"is", "are"}


@dataclass(frozen=True)
class Where:
    """A filter over category tables."""

    text: str
    columns: tuple[int, ...]  # places in definitions.columns that it looks at, ascending
    test: Test

    def holds(self, categories: np.ndarray) -> np.ndarray:
        """(N,) bool for a category table (N, columns) int8; only `columns` of it are read."""
        return self.test(categories)


def parse_where(text: str, definitions: Definitions) -> Where:
    """The filter that `text` describes; InputError says what is not understood, with the near names."""
    parser = _Parser(text, definitions)
    try:
        test = parser.filter()
    except RecursionError as error:
        raise InputError("filter: too many brackets in one another") from error
    parser.expect_end()
    return Where(text, tuple(sorted(parser.columns)), test)


class _Parser:
    def __init__(self, text: str, definitions: Definitions) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0
        self.namer = Namer(definitions)
        self.columns: set[int] = set()

    def filter(self) -> Test:
        tests = [self.all()]
        while self.take("or"):
            tests.append(self.all())
        return tests[0] if len(tests) == 1 else lambda table: np.any([test(table) for test in tests], axis=0)

    def all(self) -> Test:
        tests = [self.one()]
        while self.take("and"):
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda table: np.all([test(table) for test in tests], axis=0)

    def one(self) -> Test:
        if self.take("not"):
            inner = self.one()
            return lambda table: ~inner(table)
        if self.take("("):
            inner = self.filter()
            if not self.take(")"):
                raise self.error("a bracket is not closed")
            return inner
        return self.condition()

    def condition(self) -> Test:
        names = self.words(_VERBS | _JOINING)
        if not names or self.peek() not in _VERBS:
            raise self.error(
                f"expected `PART is CATEGORY` at '{' '.join(names) or self.peek() or 'the end'}'"
            )
        self.place += 1
        negated = self.take("not")
        category = " ".join(self.words(_JOINING | {"("}))
        condition: Condition = self.namer.condition(names, category)
        self.columns |= condition.columns
        if negated:
            return lambda table: condition.measured(table) & ~condition.holds(table)
        return condition.holds

    def words(self, ends: set[str]) -> list[str]:
        words = []
        while self.place < len(self.tokens) and self.tokens[self.place] not in ends:
            words.append(self.tokens[self.place].strip("'\""))
            self.place += 1
        return words

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, token: str) -> bool:
        found = self.peek() == token
        self.place += found
        return found

    def expect_end(self) -> None:
        if self.place < len(self.tokens):
            raise self.error(f"nothing expected at '{self.peek()}'")

    def error(self, message: str) -> InputError:
        return InputError(f'filter "{self.text}": {message}')


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(f'filter "{text}": a quote is not closed')
        word = match["word"]
        lowered = word.lower() if word and word.lower() in (_JOINING | _VERBS | {"not"}) else None
        tokens.append(lowered or match["quoted"] or match["bracket"] or word)
        place = match.end()
    return tokens
