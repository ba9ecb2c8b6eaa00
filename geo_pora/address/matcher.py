"""Address text to areas with a confidence: evidence of each name, combined.

Each name in the text is a witness. Alone it would place the address in the area
it names with probability r, its reliability, and anywhere else with 1 - r,
nearer places being likelier; a name shared by k areas gives each r / k. The
witnesses are combined as independent ones (Bayes): the product of what each
says, over the prior. So names that agree make sure, names that contradict
leave doubt, and a shared name is settled by the district beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo_pora.address.mentions import Mention, find_mentions
from geo_pora.address.names import Names
from geo_pora.address.reliability import LEARNT_RELIABILITY, WITHIN
from geo_pora.address.tokens import MAX_LENGTH, Token, area_code, postal_code, tokenise
from geo_pora.address.witnesses import Vector, Witness, Witnesses
from geo_pora.gazetteer import Gazetteer


@dataclass(frozen=True)
class Match:
    """What an address says of where it is.

    Attributes
    ----------
    regency, district, village : tuple of (str, float)
        The likeliest code of each level and its probability; ("", 0.0) where none.
    outside : float
        Probability that the place is not served.
    candidates : tuple of (str, float)
        Codes of villages and districts, likeliest first.
    names_an_area : bool
        Whether the text has any name of the gazetteer, or a postal or area code.
    village_named : bool
        Whether the text names a village in that district.
    conflict : bool
        Names contradict: two witnesses are both likely by themselves and exclude each other.
    too_long : bool
        The text is longer than an address can be; it was not read.
    """

    regency: tuple[str, float] = ("", 0.0)
    district: tuple[str, float] = ("", 0.0)
    village: tuple[str, float] = ("", 0.0)
    outside: float = 0.0
    candidates: tuple[tuple[str, float], ...] = ()
    names_an_area: bool = False
    village_named: bool = False
    conflict: bool = False
    too_long: bool = False

    @classmethod
    def of_code(cls, code: str) -> Match:
        """Return what a text says whose area a person has decided before."""
        sure = LEARNT_RELIABILITY
        return cls(
            (code[:5], sure),
            (code[:8], sure) if len(code) >= 8 else ("", 0.0),
            (code, sure) if len(code) == 13 else ("", 0.0),
            candidates=((code, sure),),
            names_an_area=True,
            village_named=len(code) == 13,
        )


class Matcher:
    """Matches addresses against a gazetteer; build it once, use it for many.

    Parameters
    ----------
    gazetteer : Gazetteer
    outside : Path, optional
        CSV of names not served; the shipped one by default.
    """

    def __init__(self, gazetteer: Gazetteer, outside: Path | None = None) -> None:
        self.gazetteer = gazetteer
        self._names = Names(gazetteer, outside)
        self._witnesses = Witnesses(gazetteer)

    def match(self, text: str) -> Match:
        """Find the areas that an address names.

        Parameters
        ----------
        text : str
            One longer than `MAX_LENGTH` is not read.

        Returns
        -------
        Match
        """
        if len(text) > MAX_LENGTH:
            return Match(too_long=True)
        tokens = tokenise(text)
        mentions = find_mentions(tokens, self._names)
        witnesses = self._witnesses.of_mentions(mentions)
        code, postal = area_code(text), postal_code(tokens)
        for witness in (
            self._witnesses.of_code(code) if code else None,
            self._witnesses.of_postal(postal) if postal else None,
        ):
            if witness:
                witnesses.append(witness)
        unknown = _unknown_district(tokens, mentions)
        if not witnesses:
            return Match()
        return self._combine(witnesses, unknown)

    def _combine(self, witnesses: list[Witness], unknown: bool) -> Match:
        p = self._witnesses.prior.copy()
        for witness in witnesses:
            p *= witness.districts / self._witnesses.prior
        if unknown:
            p[-1] *= 10.0
        p /= p.sum()
        top = int(np.argmax(p[:-1]))
        regencies = self._witnesses.of_regency @ p[:-1]
        regency = int(np.argmax(regencies))
        villages = self._villages(witnesses, p)
        best = max(villages.items(), key=lambda item: item[1], default=("", 0.0))
        in_top = [code for code in villages if code[:8] == self._witnesses.districts[top]]
        return Match(
            (self._witnesses.regencies[regency], float(regencies[regency])),
            (self._witnesses.districts[top], float(p[top])),
            best,
            float(p[-1]),
            self._candidates(p, villages),
            names_an_area=True,
            village_named=bool(in_top),
            conflict=_contradict(witnesses),
        )

    def _villages(self, witnesses: list[Witness], p: Vector) -> dict[str, float]:
        """Return the probability of each village named: of its district, times within it."""
        named: dict[str, list[str]] = {}
        for witness in witnesses:
            for code in witness.villages:
                of_district = named.setdefault(code[:8], [])
                if code not in of_district:
                    of_district.append(code)
        result = {}
        for district, codes in named.items():
            row, count = self._witnesses.row[district], self._witnesses.villages_in[district]
            prior = np.full(len(codes) + 1, 1 / count)
            prior[-1] = max(count - len(codes), 0.5) / count
            within = prior.copy()
            for witness in witnesses:
                said = np.array([witness.villages.get(code, 0.0) for code in codes])
                if said.any():
                    # What this witness gives the district without naming a village of it.
                    rest = max(witness.districts[row] - said.sum(), 0.0)
                    q = np.append(said, 0.0) + rest * prior
                    q /= q.sum()
                    if len(codes) > 1:
                        q = WITHIN * q + (1 - WITHIN) * prior
                    within *= q / prior
            within /= within.sum()
            for code, share in zip(codes, within, strict=False):
                result[code] = float(p[row] * share)
        return result

    def _candidates(self, p: Vector, villages: dict[str, float]) -> tuple[tuple[str, float], ...]:
        """Return up to ten codes: villages named, and districts of which none is."""
        found = [(code, sure) for code, sure in villages.items() if sure > 0.005]
        covered = {code[:8] for code, _ in found}
        for row in np.argsort(-p[:-1])[:8]:
            if self._witnesses.districts[row] not in covered and p[row] > 0.02:
                found.append((self._witnesses.districts[row], float(p[row])))
        found.sort(key=lambda item: (-item[1], item[0]))
        return tuple(found[:10])


def _unknown_district(tokens: list[Token], mentions: list[Mention]) -> bool:
    """Tell whether a district or regency is marked and its name is nowhere known."""
    marked = any(t.kind in {"#district", "#regency"} for t in tokens)
    return marked and not any(m.context in {"district", "regency"} for m in mentions)


def _contradict(witnesses: list[Witness]) -> bool:
    """Tell whether two witnesses each nearly sure leave each other's area out."""
    sure = [w.districts for w in witnesses if w.districts.max() > 0.5]
    tops = {int(np.argmax(d)) for d in sure}
    return len(tops) > 1
