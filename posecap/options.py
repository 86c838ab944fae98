"""Options that users name, checked by the types of the arguments that they become."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from posecap.errors import InputError

_FINITE = ConfigDict(allow_inf_nan=False)

Count = Annotated[int, Field(ge=1, description="int, 1 or more")]
Positive = Annotated[float, Field(gt=0, description="float above 0")]
Weight = Annotated[float, Field(ge=0, description="float, 0 or more")]
Share = Annotated[float, Field(ge=0, lt=1, description="float from 0 up to, not including, 1")]


def check_options(
    what: str, maker: Callable[..., Any], options: Mapping[str, Any], filled: Collection[str] = ()
) -> dict[str, Any]:
    """Options of `what` ("dataset bvh") as the types in the signature of `maker`, a function or a class.

    filled: arguments that are not the user's to give. Where `maker` takes any further options, those
    pass as they are. InputError for an option that is not there or is of another type.
    """
    parameters = inspect.signature(maker).parameters
    known = [name for name, one in parameters.items() if one.default is not one.empty and name not in filled]
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    hints = get_type_hints(maker.__init__ if inspect.isclass(maker) else maker, include_extras=True)
    checked = {}
    for option, value in options.items():
        if option in filled or not (option in parameters or open_ended):
            raise _no_option(what, option, known)
        known_type = option in parameters
        checked[option] = _as_type(what, option, value, hints[option]) if known_type else value
    return checked


def _no_option(what: str, option: str, known: list[str]) -> InputError:
    near = difflib.get_close_matches(option, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return InputError(f"{what} has no option '{option}' ({hint}there are: {', '.join(known) or 'none'})")


def _as_type(what: str, option: str, value: Any, hint: Any) -> Any:
    try:
        return TypeAdapter(hint, config=_FINITE).validate_python(value)
    except ValidationError as error:
        raise InputError(f"{what}: option {option} is {value!r}, expected {_told(hint)}") from error


def _told(hint: Any) -> str:
    """A type as the user reads it."""
    for note in getattr(hint, "__metadata__", ()):
        if getattr(note, "description", None):
            return note.description
    if get_origin(hint) is Literal:
        return " or ".join(str(value) for value in get_args(hint))
    return (hint.__name__ if inspect.isclass(hint) else str(hint)).replace(" | None", "")
