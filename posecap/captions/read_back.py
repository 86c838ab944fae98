"""From a canonical caption back to its statements."""

from __future__ import annotations

from functools import lru_cache

from posecap.captions.bank import Words, bank_of
from posecap.captions.language import load_language
from posecap.errors import InputError, unknown_name
from posecap.posecodes.definitions import Definitions, load_definitions


def parse(text: str, definitions: Definitions | str = "h36m17", language: str = "en") -> tuple[int, ...]:
    """Ids of the statements that a canonical caption makes, in the order of the text.

    definitions: those that the caption was made with, as they are or by name (ids are theirs).

    An activity sentence in front, and the sentence that says nothing, make none. Raises InputError with
    the near sentences where a sentence is none of the bank's.
    """
    if isinstance(definitions, str):
        definitions = load_definitions(definitions)
    words = Words(definitions, load_language(language))
    by_text = _by_text(words)
    begins, _, ends = words.language.action.partition("{label}")
    sentences = [f"{part.strip()}." for part in text.split(".") if part.strip()]
    if sentences and sentences[0] not in by_text and _is_between(sentences[0], begins, ends):
        del sentences[0]
    sentences = [one for one in sentences if one != words.language.nothing]
    for one in sentences:
        if one not in by_text:
            raise _unknown(one, by_text)
    return tuple(by_text[one] for one in sentences)


def _is_between(sentence: str, begins: str, ends: str) -> bool:
    return len(sentence) > len(begins + ends) and sentence.startswith(begins) and sentence.endswith(ends)


def _unknown(sentence: str, by_text: dict[str, int]) -> InputError:
    return InputError(
        str(unknown_name("canonical sentence", sentence, by_text)).split(" known: ")[0].rstrip()
    )


@lru_cache(maxsize=32)
def _by_text(words: Words) -> dict[str, int]:
    return {one.text: one.id for one in bank_of(words)}
