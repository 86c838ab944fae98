from __future__ import annotations

from typing import Literal

import pytest

from posecap.errors import InputError
from posecap.options import Count, Positive, Share, Weight, check_options


class Maker:
    def __init__(
        self,
        width: int,
        depth: Count = 2,
        scale: Positive = 1.0,
        rate: Share = 0.0,
        weight: Weight = 0.5,
        values: Literal[2, 3] = 2,
        name: str | None = None,
    ) -> None:
        self.told = (depth, scale, rate, weight, values, name)


def open_ended(of: str = "cm", **options: object) -> None:
    """Hands further options on."""


def test_options_come_back_as_the_types_of_the_arguments():
    told = {"depth": "3", "scale": 2, "rate": 0.1, "weight": 0, "values": 3, "name": None}
    assert Maker(4, **check_options("maker", Maker, told)).told == (3, 2.0, 0.1, 0.0, 3, None)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("depth", 0, "int, 1 or more"),
        ("depth", "deep", "int, 1 or more"),
        ("scale", 0, "float above 0"),
        ("scale", float("inf"), "float above 0"),
        ("rate", 1, "float from 0 up to, not including, 1"),
        ("weight", -0.1, "float, 0 or more"),
        ("values", 7, "2 or 3"),
        ("name", 1, "str"),
    ],
)
def test_a_value_of_another_type_or_size_is_told_with_what_is_expected(option, value, expected):
    with pytest.raises(InputError, match=f"maker: option {option} is .*, expected {expected}$"):
        check_options("maker", Maker, {option: value})


def test_an_unknown_option_is_told_with_the_nearest_and_the_known():
    with pytest.raises(InputError, match=r"no option 'dept' \(did you mean depth\? there are: depth, scale"):
        check_options("maker", Maker, {"dept": 1})


def test_arguments_that_are_filled_are_no_options():
    with pytest.raises(InputError, match=r"no option 'width' \(.*there are: depth, scale"):
        check_options("maker", Maker, {"width": 1}, filled=("width",))


def test_options_for_others_pass_through_a_maker_that_hands_them_on():
    assert check_options("maker", open_ended, {"of": "fc", "slots": 4}) == {"of": "fc", "slots": 4}
