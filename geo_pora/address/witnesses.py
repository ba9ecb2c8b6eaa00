"""What each name in an address testifies: probabilities over the districts and outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo_pora.address.mentions import Mention
from geo_pora.address.names import QUALITY, Named
from geo_pora.address.reliability import (
    BESIDE,
    CODE_RELIABILITY,
    INSTITUTION_BESIDE,
    LESSER,
    LEVELS,
    MARKED,
    MARKED_DOUBT,
    NEAR_KM,
    NO_ROAD,
    OFFSPRING,
    OFFSPRING_ALONE,
    OFFSPRING_BESIDE,
    OUTSIDE_PRIOR,
    OUTSIDE_RELIABILITY,
    POSTAL_RELIABILITY,
    REGENCY_RELIABILITY,
    RELIABILITY,
    ROADS,
    SEAT,
    SLIPS,
    elsewhere,
)
from geo_pora.address.vocabulary import COMMON, JUNCTIONS
from geo_pora.gazetteer import Gazetteer, normalise

Vector = npt.NDArray[np.float64]


def _names_one_place(mention: Mention) -> bool:
    named = mention.named
    whole = named.how not in {"local", "part"} and mention.context not in LESSER
    return whole and len(named.villages) + len(named.districts) == 1


@dataclass(frozen=True, slots=True)
class Witness:
    """What one name says.

    Attributes
    ----------
    districts : ndarray, shape (n + 1,)
        Probability of each district, and last of a place that is not served; sums to 1.
    villages : dict of str to float
        The share of a district's probability that is a village's own.
    """

    districts: Vector
    villages: dict[str, float]


class Witnesses:
    """Makes witnesses of mentions and codes; knows the districts, their villages and distances.

    Attributes
    ----------
    districts, regencies : list of str
        Codes, in order.
    row : dict of str to int
        Position of each district.
    of_regency : ndarray of bool, shape (regencies, districts)
    prior : ndarray, shape (n + 1,)
        Before anything is said.
    villages_in : dict of str to int
        Number of villages of each district.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.districts = gazetteer.codes("district")
        self.row = {code: i for i, code in enumerate(self.districts)}
        self.regencies = gazetteer.codes("regency")
        self.of_regency = np.array(
            [[code.startswith(regency) for code in self.districts] for regency in self.regencies]
        )
        villages = gazetteer.areas[gazetteer.areas["level"] == "village"]
        self.villages_in: dict[str, int] = villages["parent_code"].value_counts().to_dict()
        self._postal: dict[str, dict[str, int]] = {}
        for code, postal in zip(villages["parent_code"], villages["postal_code"], strict=True):
            counts = self._postal.setdefault(str(postal).split(".")[0], {})
            counts[code] = counts.get(code, 0) + 1
        n = len(self.districts)
        self.prior = np.full(n + 1, (1 - OUTSIDE_PRIOR) / n)
        self.prior[n] = OUTSIDE_PRIOR
        self._near = self._neighbours()
        self._offspring = self._split_off()
        self._made: dict[tuple[Mention, bool, bool], Witness | None] = {}

    def _neighbours(self) -> Vector:
        """Return for each district how likely a name from it is used in each other one."""
        areas = self.gazetteer.areas.set_index("code").loc[self.districts]
        x = areas["longitude"].to_numpy() * 111.0
        y = areas["latitude"].to_numpy() * 111.3
        distance = np.hypot(x[:, None] - x, y[:, None] - y)
        near = np.exp(-distance / NEAR_KM)
        np.fill_diagonal(near, 0)
        weights: Vector = near / near.sum(axis=1, keepdims=True)
        return weights

    def _split_off(self) -> dict[str, list[str]]:
        """Return for each district the districts whose name has its own within."""
        words = {code: f" {normalise(self.gazetteer.name_of(code))} " for code in self.districts}
        return {
            code: [o for o in self.districts if o != code and words[code] in words[o]]
            for code in self.districts
        }

    def of_mentions(self, mentions: list[Mention]) -> list[Witness]:
        """Return one witness per name, the surest: a name said twice is one witness."""
        best: dict[tuple[str, ...], tuple[float, Witness]] = {}
        beside = any(
            m.context not in LESSER and (m.named.villages or m.named.districts) for m in mentions
        )
        village = any(
            m.named.villages and not m.named.districts and m.context not in LESSER for m in mentions
        )
        told = any(_names_one_place(m) for m in mentions)
        for mention in mentions:
            if told and mention.named.how == "local":
                continue  # Kost Setia, Gumawang: a word of a village's name, and of many others
            witness = self._witness(mention, beside, village)
            if witness is None:
                continue
            key = mention.named.codes or (mention.words,)
            sure = float(witness.districts.max())
            if key not in best or sure > best[key][0]:
                best[key] = (sure, witness)
        return [witness for _, witness in best.values()][:8]

    def _witness(self, mention: Mention, beside: bool, village: bool) -> Witness | None:
        key = (mention, beside, village)
        try:
            return self._made[key]
        except KeyError:
            pass
        if len(self._made) > 50_000:
            self._made.clear()
        witness = self._made[key] = self._testify(mention, beside, village)
        return witness

    def _testify(self, mention: Mention, beside: bool, village: bool) -> Witness | None:
        """Turn a mention into probabilities."""
        named, context = mention.named, mention.context
        if not named.codes:
            return self._outside(mention, beside)
        if context in ROADS and " " not in mention.words and named.how in NO_ROAD:
            return None  # Gang Mawar: a rose, not a mistyped village
        if context in {"road", "between"} and beside and mention.words.partition(" ")[0] in COMMON:
            return None  # Jl. Pasar Baru Gumawang: every town has such a road
        if context == "company" and beside:
            return None  # CV Karya Jaya, Kec. Peninjauan: a wish, not the village of that name
        of_district, of_village = self._reliability(mention, beside, village)
        quality = QUALITY[named.how]
        if context in MARKED and named.how in SLIPS:
            quality = 1 - MARKED_DOUBT * (1 - quality)
        split_off = OFFSPRING_BESIDE if village else OFFSPRING_ALONE
        share = self._share(named, context)
        p = np.zeros(len(self.prior))
        villages: dict[str, float] = {}
        for code, part in self._parted(named.districts, share[0] * of_district, context, split_off):
            p[self.row[code]] += part * quality
        seats = [SEAT if code[:8] in named.districts else 1.0 for code in named.villages]
        for code, weight in zip(named.villages, seats, strict=True):
            villages[code] = share[1] * of_village * quality * weight / sum(seats)
            p[self.row[code[:8]]] += villages[code]
        for code in named.regencies:
            inside = self.of_regency[self.regencies.index(code)]
            of_regency = REGENCY_RELIABILITY.get(context, 0.9) * quality / len(named.regencies)
            p[:-1] += share[2] * of_regency * inside / inside.sum()
        if away := elsewhere(named, context):
            p *= 1 - away
            villages = {code: sure * (1 - away) for code, sure in villages.items()}
            p[-1] += away
        return Witness(self._spread(p), villages)

    def _reliability(self, mention: Mention, beside: bool, village: bool) -> tuple[float, float]:
        context = mention.context
        of_district, of_village = RELIABILITY[context]
        if context == "within" and village:
            return INSTITUTION_BESIDE, of_village  # Polsek Martapura, Desa Kota Baru
        if context in LESSER and beside:
            # A road's name that many villages have is a name of roads: Jl. Kota Baru.
            bearers = max(len(mention.named.villages), 1)
            return min(of_district, BESIDE[0]), min(of_village, BESIDE[1] / bearers)
        if context == "road" and mention.named.words == 1:
            return of_district, 0.5  # Jl. Durian: a tree before a village
        if mention.words in JUNCTIONS and context != "village":
            return of_district, 0.5
        if mention.before_district and context in {"whole", "within", "tail"}:
            return of_district, 0.94  # Jalan, Desa, Kec.: the order of full addresses
        return of_district, of_village

    def _parted(
        self, districts: tuple[str, ...], sure: float, context: str, split_off: float
    ) -> Iterator[tuple[str, float]]:
        """Part what is sure of a district's name among those that bear it or came of it."""
        for code in districts:
            offspring = [o for o in self._offspring[code] if o not in districts]
            given = OFFSPRING.get(context, split_off) if offspring else 0.0
            yield code, sure * (1 - given) / len(districts)
            for other in offspring:
                yield other, sure * given / len(offspring) / len(districts)

    @staticmethod
    def _share(named: Named, context: str) -> tuple[float, float, float]:
        """Return how likely each level is meant by a name that several levels have."""
        weights = LEVELS.get(context, (0.75, 0.25, 0.75))
        levels = (named.districts, named.villages, named.regencies)
        present = [weight if codes else 0.0 for weight, codes in zip(weights, levels, strict=True)]
        total = sum(present)
        if not total:
            present = [1.0 if codes else 0.0 for codes in levels]
            total = sum(present)
        return present[0] / total, present[1] / total, present[2] / total

    def _spread(self, p: Vector) -> Vector:
        """Give what is left of 1 to the places around, everywhere, and outside."""
        left = 1.0 - p.sum()
        named = p[:-1]
        around = named @ self._near
        around = around / around.sum() if around.any() else np.full(len(named), 1 / len(named))
        p = p.copy()
        p[:-1] += left * (0.6 * around + 0.33 / len(named))
        p[-1] += left * 0.07
        return p

    def _outside(self, mention: Mention, beside: bool) -> Witness | None:
        """Believe a place that is not served where it is marked or stands by itself.

        At the end of other words only a regency or province is believed, and only where
        nothing else names a place of ours: Jl. Sudirman Palembang.
        """
        context, district = mention.context, mention.named.outside == "district"
        if context not in OUTSIDE_RELIABILITY or (context == "tail" and (beside or district)):
            return None
        sure = OUTSIDE_RELIABILITY["district" if district else context]
        p = np.full(len(self.prior), (1 - sure) / len(self.districts))
        p[-1] = sure
        return Witness(p, {})

    def of_code(self, code: str) -> Witness | None:
        """Return what a Kemendagri code in the text says; None for one that is not served."""
        rows = [row for district, row in self.row.items() if district.startswith(code[:8])]
        if not rows:
            return None
        p = np.zeros(len(self.prior))
        p[rows] = CODE_RELIABILITY / len(rows)
        known = len(code) == 13 and code in self.gazetteer
        return Witness(self._spread(p), {code: CODE_RELIABILITY} if known else {})

    def of_postal(self, postal: str) -> Witness | None:
        """Return what a postal code says; None for an unknown one, which says nothing."""
        counts = self._postal.get(postal)
        if counts is None:
            return None
        p = np.zeros(len(self.prior))
        for code, count in counts.items():
            p[self.row[code]] = POSTAL_RELIABILITY * count / sum(counts.values())
        return Witness(self._spread(p), {})
