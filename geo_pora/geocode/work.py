"""One call of the geocoder: points, texts, a decision for each combination, a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_pora import address, coordinates
from geo_pora.address import Match, Matcher
from geo_pora.gazetteer import CODE_LENGTH, Gazetteer, level_of, same_text
from geo_pora.geocode.decisions import Decision, Policy, by_address, by_both, by_coordinates
from geo_pora.locator import Locator

# Beyond this distance from the border of the district that the address names the two
# disagree: on surveyed boundaries the error of a telephone's position; on indicative ones
# the usual error of the border itself.
NEAR_M, NEAR_INDICATIVE_M = 100.0, 1000.0
# The same for two villages of one district: which village a house belongs to is what its
# people say, and borders within a district are drawn less carefully.
NEAR_VILLAGE_M, NEAR_INDICATIVE_VILLAGE_M = 500.0, 2000.0


_Strings = npt.NDArray[np.object_]


@lru_cache(maxsize=4)
def _matcher(gazetteer: Gazetteer, learnt: tuple[tuple[str, str], ...]) -> Matcher:
    """Return the matcher of a gazetteer with learnt names; building one takes a moment."""
    if learnt:
        short = [(a, c, "review") for a, c in learnt if address.may_be_name(a) and c in gazetteer]
        more = pd.DataFrame(short, columns=["alias", "code", "source"], dtype="str")
        gazetteer = Gazetteer(gazetteer.areas, pd.concat([gazetteer.aliases, more]))
    return Matcher(gazetteer)


class Places:
    """The areas: which covers a point, and which codes there are at each level."""

    def __init__(self, areas: gpd.GeoDataFrame, locator: Locator, within_m: float) -> None:
        self.codes = areas["code"].astype(str).to_numpy(dtype=object)
        self.known = {
            code[:n] for code in self.codes for n in CODE_LENGTH.values() if len(code) >= n
        }
        self.finest = max((len(code) for code in self.codes), default=0)
        self.locator = locator
        self.within_m = within_m

    def locate(
        self, longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        """Return the row of the area of each point; -1 for none."""
        return self.locator.nearest(longitude, latitude, self.within_m).astype(np.int64)

    def near(self, longitude: float, latitude: float, within_m: float) -> frozenset[str]:
        """Return the areas within a distance of a point, and their districts."""
        _, rows, _ = self.locator.candidates([longitude], [latitude], within_m)
        return frozenset(self.codes[row][:n] for row in rows for n in (8, 13))


class Work:
    """One call of `geocode`."""

    def __init__(
        self,
        reports: pd.DataFrame,
        gazetteer: Gazetteer,
        learnt: tuple[tuple[str, str], ...],
        places: Places,
        policy: Policy,
    ) -> None:
        self.reports = reports
        self.gazetteer = gazetteer
        self.places = places
        self.policy = policy
        self.near_m = NEAR_M, NEAR_VILLAGE_M
        if policy.indicative:
            self.near_m = NEAR_INDICATIVE_M, NEAR_INDICATIVE_VILLAGE_M
        self.learnt = learnt
        self.whole = {same_text(alias): code for alias, code in learnt}

    def run(self, boundary_version: str) -> pd.DataFrame:
        """Return the reports with the columns of located reports."""
        n = len(self.reports)
        point = self._points()
        text, texts = self._texts()
        self._points_in_texts(point, text, texts)
        area = np.full(n, -1, dtype=np.int64)
        there = ~np.isnan(point.longitude)
        if there.any():
            area = self.places.locate(point.longitude, point.latitude)
        decided, decision = self._decide_all(point, area, text, texts)
        return self._table(point, decision, decided, boundary_version)

    def _numbers(self, column: str) -> npt.NDArray[np.float64]:
        if column not in self.reports:
            return np.full(len(self.reports), np.nan)
        values = pd.to_numeric(self.reports[column], errors="coerce")
        numbers: npt.NDArray[np.float64] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers

    def _points(self) -> coordinates.Resolved:
        """Return the repaired points of the number columns, and of other notations."""
        found = coordinates.resolve(self._numbers("latitude"), self._numbers("longitude"))
        point = coordinates.Resolved(
            found.longitude.copy(), found.latitude.copy(), found.repairs, found.reasons
        )
        row, texts = self._factorized("coordinates_text")
        if not texts:
            return point
        empty = np.array([reason == "empty" for reason in point.reasons])
        parsed = [self._parsed(text) for text in texts]
        for i in np.flatnonzero((row >= 0) & empty):
            place, reason = parsed[row[i]]
            point.reasons[i] = reason
            if place:
                _put(point, int(i), place)
        return point

    def _parsed(self, text: str) -> tuple[coordinates.Coordinates | None, str | None]:
        try:
            return coordinates.parse(text, self.gazetteer), None
        except coordinates.CoordinateError as error:
            return None, error.reason

    def _texts(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        return self._factorized("location_text")

    def _factorized(self, column: str) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Return for each row the number of its text, -1 for none, and the distinct texts."""
        if column not in self.reports or not self.reports[column].notna().any():
            return np.full(len(self.reports), -1, dtype=np.int64), []
        row, texts = pd.factorize(self.reports[column])
        texts = [str(text) for text in texts]
        blank = np.array([not text.strip() for text in texts] + [True])
        return np.where(blank[row], -1, row), texts

    def _points_in_texts(
        self, point: coordinates.Resolved, text: npt.NDArray[np.int64], texts: list[str]
    ) -> None:
        """Take the point that the address holds where there is no other."""
        with_point = {}
        for number, written in enumerate(texts):
            if address.may_hold_point(written):
                place = coordinates.find(written, self.gazetteer)
                if place:
                    with_point[number] = place
        if not with_point:
            return
        for i in np.flatnonzero(np.isin(text, list(with_point))):
            if point.reasons[i] == "empty":
                point.reasons[i] = None
                _put(point, int(i), with_point[int(text[i])])

    def _decide_all(
        self,
        point: coordinates.Resolved,
        area: npt.NDArray[np.int64],
        text: npt.NDArray[np.int64],
        texts: list[str],
    ) -> tuple[list[Decision], npt.NDArray[np.int64]]:
        """Return the distinct decisions and which of them each row has."""
        decided = [by_coordinates(code, self.policy) for code in self.places.codes]
        decision = area.copy()
        rest = np.flatnonzero((area < 0) | (text >= 0))
        reason, reasons = pd.factorize(point.reasons[rest])
        if not len(rest):
            return decided, decision
        matcher = _matcher(self.gazetteer, self.learnt) if texts else None
        matches = [self._match(matcher, written) for written in texts] if matcher else []
        # One number for each combination of text, area and reason.
        width = len(self.places.codes) + 1
        combined = ((text[rest] + 1) * width + area[rest] + 1) * (len(reasons) + 1) + reason + 1
        _, first, same = np.unique(combined, return_index=True, return_inverse=True)
        number = np.empty(len(first), dtype=np.int64)
        for k, i in enumerate(rest[first]):
            match = matches[text[i]] if text[i] >= 0 else None
            if self._distance_that_tells(match, area[i]):
                number[k] = -1
                continue
            number[k] = len(decided)
            decided.append(self._decide(area[i], frozenset(), match, point.reasons[i]))
        decision[rest] = number[same]
        for i in rest[number[same] < 0]:
            match = matches[text[i]]
            within_m = self._distance_that_tells(match, area[i])
            near = self.places.near(point.longitude[i], point.latitude[i], within_m)
            decision[i] = len(decided)
            decided.append(self._decide(area[i], near, match, None))
        return decided, decision

    def _distance_that_tells(self, match: Match | None, area: int) -> float:
        """Return within which distance of the point the area that the address names is believed.

        0 where the two agree, or the address is not sure.
        """
        threshold = self.policy.threshold
        if match is None or area < 0 or match.district[1] < threshold:
            return 0.0
        here = str(self.places.codes[area])
        if here[:8] != match.district[0]:
            return self.near_m[0]
        village, sure = match.village
        return self.near_m[1] if len(here) == 13 and sure >= threshold and village != here else 0.0

    def _match(self, matcher: Matcher, text: str) -> Match:
        code = self.whole.get(same_text(text)) if self.whole else None
        return Match.of_code(code) if code else matcher.match(text)

    def _decide(
        self, area: int, near: frozenset[str], match: Match | None, reason: str | None
    ) -> Decision:
        code = self.places.codes[area] if area >= 0 else ""
        if reason not in {None, "empty"}:
            text = by_address(match, self.policy) if match else Decision()
            return Decision(
                "", "none", text.confidence, f"bad_coordinates:{reason}", text.candidates
            )
        if reason is None:
            found = by_both(code, near, match or Match(), self.policy)
        else:
            found = by_address(match, self.policy) if match else Decision(reason="no_location")
        return self._on_layer(found)

    def _on_layer(self, found: Decision) -> Decision:
        """Bring a decision to a code that the layer has: coarser, or to review."""
        code = found.code
        while code and code not in self.places.known and len(code) <= self.places.finest:
            code = code[: {13: 8, 8: 5}.get(len(code), 0)]
        if code == found.code:
            return found
        if len(code) < 8 and len(found.code) >= 8:
            return Decision("", "none", found.confidence, "outside_layer", found.candidates)
        return Decision(code, found.method, found.confidence, found.reason, found.candidates)

    def _table(
        self,
        point: coordinates.Resolved,
        decision: npt.NDArray[np.int64],
        decided: list[Decision],
        boundary_version: str,
    ) -> pd.DataFrame:
        located = self.reports.copy(deep=False)
        for column, values in (("latitude", point.latitude), ("longitude", point.longitude)):
            located[column] = np.where(np.isnan(values), self._numbers(column), values)
        for level, length in (("village", 13), ("district", 8), ("regency", 5)):
            codes = [d.code[:length] if len(d.code) >= length else None for d in decided]
            located[f"{level}_code"] = _taken(codes, decision)
        located["geocode_method"] = _taken([d.method for d in decided], decision)
        levels = [level_of(d.code) if d.code else "none" for d in decided]
        located["match_level"] = _taken(levels, decision)
        located["confidence"] = np.array([d.confidence for d in decided] or [0.0])[decision]
        located["review_reason"] = _taken([d.reason for d in decided], decision)
        written = [_written(d) for d in decided]
        located["candidates"] = _taken(written, decision)
        combinations, of_row = _combinations(point.repairs)
        located["repairs"] = _taken(combinations, of_row)
        located["boundary_version"] = _taken([boundary_version], np.zeros_like(decision))
        return located


def _put(point: coordinates.Resolved, i: int, place: coordinates.Coordinates) -> None:
    point.longitude[i], point.latitude[i] = place.longitude, place.latitude
    point.repairs[i] = ";".join(place.repairs) or None


def _written(decision: Decision) -> str | None:
    return ";".join(f"{code}:{sure:.2f}" for code, sure in decision.candidates) or None


def _combinations(values: _Strings) -> tuple[list[str | None], npt.NDArray[np.int64]]:
    codes, distinct = pd.factorize(values)
    return list(distinct), codes.astype(np.int64)


def _taken(distinct: Sequence[str | None], rows: npt.NDArray[np.int64]) -> object:
    """Return a text column from few distinct values; -1 is missing."""
    return pd.array([*distinct, None], dtype="str").take(rows)
