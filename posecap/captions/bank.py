"""The sentence bank: exactly one canonical sentence for each statement, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from posecap.captions.language import Language, Wording, load_language
from posecap.errors import InputError
from posecap.posecodes.definitions import SUPER, Definitions, Statement


@dataclass(frozen=True)
class BankSentence:
    """One sentence of the bank; `id` is the id of its statement, `mirror` that of its mirror image."""

    id: int
    text: str
    statement: str
    roles: tuple[str, ...]
    mirror: int


def bank(definitions: Definitions, language: str = "en") -> tuple[BankSentence, ...]:
    """The canonical sentence of every statement of `definitions`, in id order.

    No two statements share a sentence, and the sentence of a mirrored statement is the mirrored
    sentence. Raises InputError where `language` (a shipped name or a `.yaml` file) has no wording
    for a category, or gives two statements the same sentence.
    """
    return bank_of(Words(definitions, load_language(language)))


class Words:
    """Definitions and the language they are told in as a cache key, compared by content."""

    def __init__(self, definitions: Definitions, language: Language) -> None:
        self.definitions, self.language = definitions, language
        self._key = definitions.sha256, language.sha256

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and other._key == self._key


@lru_cache(maxsize=32)
def bank_of(words: Words) -> tuple[BankSentence, ...]:
    """As `bank`."""
    definitions, language = words.definitions, words.language
    sentences = tuple(
        BankSentence(s.id, sentence(s, definitions, language), s.name, s.roles, s.mirror)
        for s in definitions.statements
    )
    _check_different(sentences, definitions.name, language.name)
    return sentences


def sentence(statement: Statement, definitions: Definitions, language: Language) -> str:
    """The canonical sentence of one statement."""
    wording = _wording(statement, definitions, language)
    subject, second = language.split(statement.subject), statement.object and language.split(statement.object)
    is_pair = subject.side == "both" or (
        second and second.part == subject.part and {subject.side, second.side} == {"left", "right"}
    )
    form = "pair" if is_pair else "two" if second else "one"
    template = getattr(wording, form)
    if template is None:
        raise _missing(statement, language, f"the wording '{form}' of category '{statement.category}'")
    noun = language.noun(subject.part)
    text = template.format(
        part=noun_phrase(statement.subject, language),
        other=noun_phrase(statement.object, language) if statement.object else "",
        parts=f"the {noun.many}",
        left=noun_phrase(statement.subject, language),
        right=noun_phrase(statement.object, language) if statement.object else "",
    )
    return f"{text[0].upper()}{text[1:]}."


def noun_phrase(role: str, language: Language) -> str:
    """`the left elbow`, `the head`, `the hands`."""
    part = language.split(role)
    noun = language.noun(part.part)
    if part.side == "both":
        return f"the {noun.many}"
    return f"the {part.side} {noun.noun}" if part.side else f"the {noun.noun}"


def measure_of(statement: Statement, definitions: Definitions) -> str:
    """Key of the statement's wordings: its kind's measure, or "super"."""
    return SUPER if statement.kind == SUPER else definitions.kinds[statement.kind].measure


def _wording(statement: Statement, definitions: Definitions, language: Language) -> Wording:
    measure = measure_of(statement, definitions)
    by_category = language.canonical.get(measure)
    if by_category is None:
        raise _missing(statement, language, f"wordings for '{measure}'")
    if statement.category not in by_category:
        raise _missing(statement, language, f"a wording for category '{statement.category}' of '{measure}'")
    return by_category[statement.category]


def _missing(statement: Statement, language: Language, what: str) -> InputError:
    return InputError(
        f"language '{language.name}' lacks {what}, needed to say {statement.name}: "
        "add it to a language file of your own"
    )


def _check_different(sentences: tuple[BankSentence, ...], definitions: str, language: str) -> None:
    seen: dict[str, BankSentence] = {}
    for one in sentences:
        other = seen.setdefault(one.text, one)
        if other is not one:
            raise InputError(
                f"language '{language}' says {other.statement} and {one.statement} of definitions "
                f"'{definitions}' with the same sentence \"{one.text}\""
            )
