"""What happens in the demonstration: who stays where, when, and who reports it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geo_pora.gazetteer import Gazetteer
from geo_pora.periods import Period, months, quarter_of

Random = np.random.Generator

# Agency, months per file, reports per month. Camats are added: 40 agencies in all.
_AGENCIES = (
    ("IMIGRASI-MUARAENIM", 1, 36),
    ("POLRES-OKU", 1, 7),
    ("POLRES-OKUT", 1, 7),
    ("POLRES-OKUS", 1, 5),
    ("DISNAKER-OKU", 1, 8),
    ("DISNAKER-OKUT", 3, 7),
    ("DISNAKER-OKUS", 3, 4),
    ("PHRI-OKU", 3, 9),
    ("PHRI-OKUT", 3, 5),
    ("PHRI-OKUS", 3, 5),
    ("KESBANGPOL-OKU", 3, 4),
    ("KESBANGPOL-OKUT", 3, 4),
    ("KESBANGPOL-OKUS", 3, 3),
    ("DISPAR-OKU", 3, 3),
    ("DISPAR-OKUT", 6, 2),
    ("DISPAR-OKUS", 3, 6),
    ("DISDUKCAPIL-OKU", 6, 2),
    ("DISDUKCAPIL-OKUT", 6, 2),
    ("DISDUKCAPIL-OKUS", 6, 1),
    ("DPMPTSP-OKU", 6, 2),
    ("DPMPTSP-OKUT", 6, 2),
    ("KEMENAG-OKU", 6, 1),
    ("KEMENAG-OKUT", 6, 2),
    ("KEMENAG-OKUS", 6, 1),
    ("DISDIK-OKU", 6, 1),
    ("KODIM-0403", 3, 4),
    ("BINDA-SUMSEL", 3, 3),
    ("KEJARI-OKU", 6, 1),
)
_CAMATS = 12
_REGENCY = {"OKU": "16.01", "OKUT": "16.08", "OKUS": "16.09"}

_NATIONALITIES = {
    "CHN": 30, "MYS": 14, "IND": 7, "KOR": 7, "JPN": 6, "PAK": 5, "SGP": 5, "AUS": 4, "NLD": 4,
    "DEU": 3, "USA": 3, "GBR": 3, "THA": 3, "PHL": 3, "YEM": 2, "MMR": 2, "FRA": 2, "TUR": 1,
}  # fmt: skip
_KINDS = {  # activity: permits, accommodation, persons at most, days of stay, share of the sites
    "work": (("ITAS", "ITAS", "ITAS", "ITK"), "company_lodging", 9, 180, 14),
    "investment": (("ITAS", "ITK", "VOA"), "hotel", 3, 20, 6),
    "tourism": (("VOA", "BVK", "BVK"), "guesthouse", 5, 6, 14),
    "family": (("ITAP", "ITAS", "BVK"), "private_house", 2, 120, 16),
    "study": (("ITAS",), "dormitory", 4, 150, 5),
    "religious": (("BVK", "ITK"), "religious_house", 6, 30, 5),
    "social": (("ITK", "VOA"), "guesthouse", 3, 12, 4),
    "research": (("ITK", "ITAS"), "guesthouse", 2, 15, 3),
}


@dataclass(frozen=True)
class Agency:
    """An agency of the demonstration and how often it reports."""

    code: str
    months: int
    rate: float
    regencies: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """A made-up place where foreign nationals stay."""

    village: str
    district: str
    street: str
    longitude: float
    latitude: float
    activity: str
    weight: float


@dataclass(frozen=True)
class Report:
    """One made-up report, before an agency writes it down in its way."""

    number: str
    reported_on: dt.date
    from_date: dt.date
    to_date: dt.date | None
    persons: int
    nationality: str
    permit: str
    activity: str
    accommodation: str
    status: str
    site: Site


@dataclass(frozen=True)
class Scene:
    """Everything that stays the same for the two years."""

    gazetteer: Gazetteer
    agencies: tuple[Agency, ...]
    sites: tuple[Site, ...]
    campaign: Period
    end: dt.date
    steady: frozenset[str]
    during_campaign: frozenset[str]
    lately: frozenset[str]


def build(gazetteer: Gazetteer, campaign: Period, end: dt.date, rng: Random) -> Scene:
    """Choose agencies, sites and the three groups of districts with suspected cases."""
    areas = gazetteer.areas.set_index("code")
    districts = areas[areas["level"] == "district"]
    agencies = []
    for code, length, rate in _AGENCIES:
        own = _REGENCY.get(code.rsplit("-", 1)[-1])
        agencies.append(Agency(code, length, rate, (own,) if own else tuple(_REGENCY.values())))
    for district in districts.index[:: max(1, len(districts) // _CAMATS)][:_CAMATS]:
        agencies.append(Agency(f"CAMAT-{district}", 6, 1.0, (district,)))

    def near(regency: str, count: int) -> frozenset[str]:
        own = districts[districts["parent_code"] == regency]
        middle = own.iloc[int(rng.integers(len(own)))]
        x, y = own["longitude"] - middle["longitude"], own["latitude"] - middle["latitude"]
        return frozenset((x**2 + y**2).nsmallest(count).index)

    groups = near("16.09", 3), near("16.08", 4), near("16.01", 3)
    sites = _sites(gazetteer, frozenset().union(*groups), rng)
    return Scene(gazetteer, tuple(agencies), sites, campaign, end, *groups)


def _sites(gazetteer: Gazetteer, watched: frozenset[str], rng: Random) -> tuple[Site, ...]:
    """Spread sites over the villages: one in three has one, those of watched districts two."""
    villages = gazetteer.areas[gazetteer.areas["level"] == "village"]
    kinds = list(_KINDS)
    shares = np.array([_KINDS[kind][4] for kind in kinds], dtype=float)
    sites = []
    for place in villages.itertuples():
        many = 2 if place.parent_code in watched else int(rng.random() < 0.3)
        for _ in range(many):
            street = _street(rng)
            shift = rng.normal(0, 0.003, 2)  # some 300 m
            sites.append(
                Site(
                    str(place.code),
                    str(place.parent_code),
                    street,
                    float(place.longitude + shift[0]),
                    float(place.latitude + shift[1]),
                    str(rng.choice(kinds, p=shares / shares.sum())),
                    float(rng.lognormal(0, 0.8)),
                )
            )
    return tuple(sites)


def _street(rng: Random) -> str:
    names = ("Melati", "Kenanga", "Merdeka", "Garuda", "Pahlawan", "Cendana", "Rajawali", "Dahlia")
    name = names[int(rng.integers(len(names)))]
    number, rt, rw = (int(n) for n in rng.integers(1, (120, 12, 6)))
    return f"Jl. {name} No. {number} RT {rt:02}/RW {rw:02}"


def batches(scene: Scene, count: int, rng: Random) -> Iterator[tuple[Agency, Period, list[Report]]]:
    """Yield what each agency reports in each of its periods; some periods are skipped."""
    start = scene.end.replace(day=1)
    for _ in range(count - 1):
        start = (start - dt.timedelta(days=1)).replace(day=1)
    spans = months(Period(start, scene.end))
    for at in range(count):
        for agency in scene.agencies:
            if (at + 1) % agency.months:
                continue
            if rng.random() < 0.06 and agency.code != "IMIGRASI-MUARAENIM":
                continue  # never sent, or in the last month not yet
            span = Period(spans[at + 1 - agency.months].first, spans[at].last)
            reports = _reports(scene, agency, span, rng)
            if reports:
                yield agency, span, reports


def _reports(scene: Scene, agency: Agency, span: Period, rng: Random) -> list[Report]:
    own = [
        (site, _weight(scene, site, span))
        for site in scene.sites
        if site.village.startswith(agency.regencies)
    ]
    if not own:
        return []
    chances = np.array([weight for _, weight in own])
    boost = chances.sum() / sum(site.weight for site, _ in own)
    count = int(rng.poisson(agency.rate * agency.months * boost))
    chosen = rng.choice(len(own), size=count, p=chances / chances.sum())
    reports = [_report(scene, own[int(at)][0], agency, span, rng) for at in chosen]
    return sorted(reports, key=lambda report: (report.reported_on, report.number))


def _weight(scene: Scene, site: Site, span: Period) -> float:
    """Return how busy a site is in a span: more where and when cases are meant to gather."""
    lately = quarter_of(scene.end)
    if site.district in scene.steady:
        return site.weight * 1.5
    if site.district in scene.during_campaign and _overlap(span, scene.campaign):
        return site.weight * 2.5
    if site.district in scene.lately and _overlap(span, lately):
        return site.weight * 3
    return site.weight


def _overlap(one: Period, other: Period) -> bool:
    return one.first <= other.last and other.first <= one.last


def _report(scene: Scene, site: Site, agency: Agency, span: Period, rng: Random) -> Report:
    activity = site.activity
    if _overlap(span, scene.campaign) and rng.random() < 0.08:
        activity = str(rng.choice(["research", "social"]))
    permits, lodging, most, days, _ = _KINDS[activity]
    reported = span.first + dt.timedelta(days=int(rng.integers(span.days)))
    first = reported - dt.timedelta(days=int(rng.integers(0, 9)))
    ends = rng.random() < 0.6
    last = first + dt.timedelta(days=int(rng.integers(1, days + 1))) if ends else None
    shares = np.array(list(_NATIONALITIES.values()), dtype=float)
    return Report(
        f"DEMO-{agency.code}-{span.first:%Y%m}-{int(rng.integers(10**6)):06}",
        reported,
        first,
        last,
        1 + int(rng.integers(most)) if rng.random() < 0.3 else 1,
        str(rng.choice(list(_NATIONALITIES), p=shares / shares.sum())),
        str(rng.choice(permits)),
        activity,
        lodging,
        _status(scene, site, reported, rng),
        site,
    )


def _status(scene: Scene, site: Site, day: dt.date, rng: Random) -> str:
    """Return a status; cases gather in three groups of districts, two of them for a time."""
    case = 0.04
    if site.district in scene.steady:
        case = 0.25
    elif (
        site.district in scene.during_campaign
        and (scene.campaign.first <= day <= scene.campaign.last)
    ) or (site.district in scene.lately and day >= quarter_of(scene.end).first):
        case = 0.5
    if rng.random() >= case:
        return "presence" if rng.random() < 0.97 else "cleared"
    return str(rng.choice(["to_verify", "suspected", "confirmed"], p=[0.45, 0.4, 0.15]))
