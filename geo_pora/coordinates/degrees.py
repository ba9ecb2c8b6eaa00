"""Decimal degrees, and degrees with minutes and seconds, in any dress.

A text is cut into numbers, marks, signs and words once per way of writing
decimals; a reading that leaves anything unexplained fails. If two readings
succeed with different places the text is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo_pora.coordinates.dress import (
    AXES,
    HEIGHT,
    HEMISPHERES,
    NUMBERS,
    SAID_ANYWAY,
    TOKENS,
    UNITS,
    plainer,
)
from geo_pora.coordinates.place import CoordinateError, Coordinates, angle, refuse, settle
from geo_pora.gazetteer import Gazetteer

# What may stand between the degrees, minutes and seconds of one angle without marks.
_WITHIN = re.compile(r"[\s:]+")
# One number with a decimal comma, or two whole degrees: -4,104.
_ONE_OR_TWO = re.compile(r"[+-]?\d{1,2},\d{3}")
_LEVEL = {"°": 0, "'": 1, '"': 2}


@dataclass
class _Number:
    text: str
    negative: bool
    gap: str  # what stood before it
    mark: str = ""

    @property
    def whole(self) -> bool:
        return not re.search(r"[.,]", self.text) or len(re.findall(r"[.,]", self.text)) > 1

    def value(self, decimal: str) -> float:
        grouped = self.text.count(decimal) > 1
        return float(self.text.replace(decimal, "" if grouped else "."))


class _UnreadableError(Exception):
    """Raised when one way of reading does not explain the text; another may."""

    def __init__(self, reason: str = "not_a_coordinate") -> None:
        self.reason = reason


def read(text: str, _gazetteer: Gazetteer | None = None) -> Coordinates:
    """Read decimal or sexagesimal degrees; raises CoordinateError for anything else."""
    if _ONE_OR_TWO.fullmatch(text):
        raise refuse("ambiguous", text)
    written = plainer(text)
    found: list[Coordinates] = []
    refused: list[CoordinateError] = []
    failed: list[str] = []
    for way in NUMBERS:
        try:
            place = _Reading(written, way).place(text)
        except CoordinateError as error:
            refused.append(error)
        except _UnreadableError as unreadable:
            failed.append(unreadable.reason)
        else:
            if place not in found:
                found.append(place)
    if len(found) > 1:
        raise refuse("ambiguous", text)
    if found:
        return found[0]
    if refused:
        raise refused[0]
    telling = [reason for reason in failed if reason != "not_a_coordinate"]
    raise refuse(telling[0] if telling else "not_a_coordinate", text)


class _Reading:
    """One way of reading: tokens first, then angles, then which angle is which."""

    def __init__(self, text: str, way: str) -> None:
        self.decimal = NUMBERS[way][1]
        self.numbers: list[_Number] = []
        # Hemispheres and axes, each with how many numbers stood before it.
        self.hemispheres: list[tuple[int, str]] = []
        self.axes: list[tuple[int, str]] = []
        self._cut(text, way)

    def _cut(self, text: str, way: str) -> None:
        gap, negative, letter_minutes = "", False, False
        for match in TOKENS[way].finditer(text):
            kind, piece = match.lastgroup, match[0]
            if kind == "number":
                self.numbers.append(_Number(piece, negative, gap))
                gap, negative = "", False
                if len(self.numbers) > 8:
                    raise _UnreadableError
            elif kind == "sign":
                # A dash glued to a number is its sign; one between spaces only parts.
                after = text[match.end() : match.end() + 1]
                if after.isdigit():
                    glued = bool(self.numbers) and not gap and bool(self.numbers[-1].mark)
                    glued = glued or self._follows_hemisphere(text, match.start())
                    negative = piece == "-" and not glued
                gap += " " if after.isdigit() and not negative else piece
            elif kind == "mark":
                self._mark(piece)
            elif kind == "word":
                letter_minutes = self._word(piece, letter_minutes)
                gap += "," if piece not in UNITS and piece not in {"M"} else ""
            elif kind == "gap":
                # A point between digits that this way does not take for a decimal one.
                if (
                    piece == "."
                    and self.numbers
                    and not gap
                    and text[match.end() : match.end() + 1].isdigit()
                ):
                    raise _UnreadableError
                gap += piece
            else:
                raise _UnreadableError

    def _follows_hemisphere(self, text: str, at: int) -> bool:
        """Tell whether a dash is glued to the hemisphere that ends an angle: 4°7'LS-104°10'BT."""
        if not self.hemispheres or not text[at - 1].isalpha():
            return False
        return self.hemispheres[0][0] > 0 and self.hemispheres[-1][0] == len(self.numbers)

    def _mark(self, mark: str) -> None:
        if not self.numbers or self.numbers[-1].mark:
            raise _UnreadableError
        self.numbers[-1].mark = mark

    def _word(self, word: str, letter_minutes: bool) -> bool:
        """Take a word; return whether the last minutes were marked by the letter m."""
        unmarked = bool(self.numbers) and not self.numbers[-1].mark
        if word in HEIGHT and len(self.numbers) == 3 and not any(n.mark for n in self.numbers):
            return False
        if (
            self.numbers
            and word not in HEMISPHERES
            and word[0] in "DMS"
            and word[1:] in HEMISPHERES
        ):
            self._word(word[1:], self._word(word[0], letter_minutes))  # 12sLS
            return False
        if word == "M" and unmarked:
            self._mark("'")
            return True
        if word == "S" and unmarked and letter_minutes:
            self._mark('"')
        elif word in UNITS:
            self._mark(UNITS[word])
            return False
        elif word in HEMISPHERES:
            axis = {"S": "lat", "N": "lat"}.get(HEMISPHERES[word], "lon")
            # "Lintang Selatan" is one statement, not an axis and a hemisphere.
            if self.axes and self.axes[-1] == (len(self.numbers), axis):
                self.axes.pop()
            self.hemispheres.append((len(self.numbers), HEMISPHERES[word]))
        elif word in AXES:
            self.axes.append((len(self.numbers), AXES[word]))
        elif not SAID_ANYWAY.fullmatch(word):
            raise _UnreadableError
        return False

    def place(self, text: str) -> Coordinates:
        """Bring the tokens to a place."""
        groups, repairs = self._groups()
        values = [self._angle(group) for group in groups]
        starts = [0, len(groups[0])]
        hemispheres = self._of_groups(self.hemispheres, starts, values)
        axes = self._of_groups(self.axes, starts, values)
        roles = [
            _role(axis, hemisphere) for axis, hemisphere in zip(axes, hemispheres, strict=True)
        ]
        if roles[0] == roles[1] and roles[0]:
            raise _UnreadableError("contradiction")
        first_is_lon = roles[0] == "lon" or roles[1] == "lat"
        if first_is_lon:
            values, hemispheres, groups = values[::-1], hemispheres[::-1], groups[::-1]
        negative = [group[0].negative for group in groups]
        whole = tuple(len(group) == 1 and group[0].whole for group in groups)
        signed, more = _signed(values, negative, hemispheres, text)
        return settle(
            *signed,
            text,
            (*repairs, *more),
            north_stated=hemispheres[0] == "N" or hemispheres[1] == "N",
            whole=(whole[0], whole[1]),
        )

    def _groups(self) -> tuple[list[list[_Number]], tuple[str, ...]]:
        numbers = self.numbers
        if any(number.mark for number in numbers):
            groups = self._marked_groups()
        elif len(numbers) > 3 and all(self.decimal in number.text for number in numbers):
            raise _UnreadableError("several_points")
        elif len(numbers) in {4, 6}:
            half = len(numbers) // 2
            groups = [numbers[:half], numbers[half:]]
            if not all(_WITHIN.fullmatch(n.gap) for group in groups for n in group[1:]):
                raise _UnreadableError
        else:
            groups = [[number] for number in numbers]
        if len(groups) == 3 and self._ends_in_height(groups):
            return groups[:2], ("height_dropped",)
        if len(groups) != 2:
            raise _UnreadableError("one_number" if len(groups) == 1 else "not_a_coordinate")
        return groups, ()

    def _marked_groups(self) -> list[list[_Number]]:
        groups: list[list[_Number]] = []
        level = 9
        for number in self.numbers:
            if number.mark:
                own = _LEVEL[number.mark]
            else:
                own = level + 1 if level < 2 and not number.gap.strip() else 0
            if own == level == 1 and number.gap.strip() == "":
                own = 2  # 4°07'33': one quote typed for the seconds
            if own > level and not re.search(r"[,;|&/]", number.gap):
                groups[-1].append(number)
            elif own == 0:
                groups.append([number])
            else:
                raise _UnreadableError
            level = own
        return groups

    @staticmethod
    def _ends_in_height(groups: list[list[_Number]]) -> bool:
        return len(groups[2]) == 1 and all(not group[0].whole for group in groups[:2])

    def _angle(self, group: list[_Number]) -> float:
        parts = [number.value(self.decimal) for number in group]
        if any(number.negative for number in group[1:]):
            raise _UnreadableError
        if any(not number.whole for number in group[:-1]):
            raise _UnreadableError
        if any(part >= 60 for part in parts[1:]):
            raise _UnreadableError("minutes_out_of_range")
        return angle(parts)

    @staticmethod
    def _of_groups(
        said: list[tuple[int, str]], starts: list[int], values: list[float]
    ) -> list[str]:
        """Give each of the two angles the hemisphere or axis said of it."""
        if len(said) > 2:
            raise _UnreadableError("contradiction")
        if (
            any(starts[0] < at < starts[1] or at > starts[1] for at, _ in said[:1])
            and len(said) > 1
        ):
            raise _UnreadableError
        if len(said) == 2:
            return [said[0][1], said[1][1]]
        result = ["", ""]
        if said:
            at, what = said[0]
            is_lat = what in {"S", "N", "lat"}
            if at == 0:
                result[0] = what
            elif at == starts[1]:
                result[0 if is_lat == (values[0] <= values[1]) else 1] = what
            else:
                result[1] = what
        return result


def _role(axis: str, hemisphere: str) -> str:
    of_hemisphere = {"S": "lat", "N": "lat", "E": "lon", "W": "lon"}.get(hemisphere, "")
    if axis and of_hemisphere and axis != of_hemisphere:
        raise _UnreadableError("contradiction")
    return axis or of_hemisphere


def _signed(
    values: list[float], negative: list[bool], hemispheres: list[str], text: str
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Give latitude and longitude their signs."""
    repairs: list[str] = []
    if any(hemispheres) and 90 < values[0] <= 180 and values[1] <= 90:
        # The hemispheres are in order, the numbers are not: 104.1 LS 4.1 BT.
        values = values[::-1]
        negative = negative[::-1]
        repairs.append("order_swapped")
    signed = []
    for value, minus, hemisphere in zip(values, negative, hemispheres, strict=True):
        if minus and hemisphere in {"N", "E"}:
            raise refuse("contradiction", text)
        if minus and hemisphere in {"S", "W"}:
            repairs.append("sign_and_hemisphere")
        signed.append(-value if minus or hemisphere in {"S", "W"} else value)
    return (signed[0], signed[1]), tuple(repairs)
