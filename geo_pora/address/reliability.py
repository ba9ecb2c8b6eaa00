"""How surely a name means the place of the address, by how it stands there."""

from __future__ import annotations

from geo_pora.address.names import Named

# How often a name that stands so is the name of the place meant: for a name of a
# district, and of a village. Estimated on the part of real addresses used for
# development, shrunk to what theory says; docs/geocoding.md has the table.
RELIABILITY: dict[str, tuple[float, float]] = {
    #           district, village
    "district": (0.995, 0.60),
    "village": (0.90, 0.94),
    "regency": (0.30, 0.30),
    "province": (0.10, 0.10),
    "whole": (0.93, 0.92),
    "office": (0.95, 0.60),
    "within": (0.78, 0.84),
    "tail": (0.90, 0.90),
    "leading": (0.40, 0.83),
    "road": (0.45, 0.82),
    "between": (0.30, 0.45),
    "towards": (0.25, 0.40),
    "company": (0.45, 0.50),
    "ending": (0.45, 0.50),
    "hamlet": (0.60, 0.82),
}
# How likely a name that several levels have means a district, a village, a regency: Desa says
# village, and an office that each district has says district.
LEVELS = {
    "district": (0.97, 0.03, 0.0),
    "office": (0.97, 0.03, 0.0),
    "village": (0.07, 0.93, 0.0),
}
# A road's or hamlet's own name where something else in the text says the place.
BESIDE = (0.30, 0.45)
# An institution's district where a village is said elsewhere: it serves several districts, or
# was named before they were parted.
INSTITUTION_BESIDE = 0.6
# Of two villages of one district in an address one is a hamlet, a road or a landmark.
WITHIN = 0.9
# How much likelier a name means the seat of the district that bears it.
SEAT = 3.0
# A district's name also stands for those that were split from it and keep its name:
# Belitang for Belitang Jaya; the share that means one of them.
# After a village's name it is the larger place around, as people still say it; alone and
# in full it is the district.
OFFSPRING = {"district": 0.03, "office": 0.03, "village": 0.0}
OFFSPRING_BESIDE, OFFSPRING_ALONE = 0.13, 0.04
# How much of the doubt in a mistyped name is left where a marker says that it is a name.
MARKED_DOUBT = 0.6
REGENCY_RELIABILITY = {"regency": 0.98, "leading": 0.5, "road": 0.5, "tail": 0.9}
POSTAL_RELIABILITY = 0.7
CODE_RELIABILITY = 0.98
LEARNT_RELIABILITY = 0.99
# The same for the name of a place that is not served. Nobody writes Kab. Sekadau of a place of
# ours, while districts have namesakes: Kec. Belitang.
OUTSIDE_RELIABILITY = {
    "regency": 0.995,
    "province": 0.995,
    "district": 0.9,
    "whole": 0.95,
    "tail": 0.7,
}
# Prior of a place that is not served at all.
OUTSIDE_PRIOR = 0.02
# Names of the places around fall off over this distance.
NEAR_KM = 20.0

# Ways of differing that are slips, and those in which a road's word is only alike.
SLIPS = frozenset({"typo", "short typo", "two typos"})
NO_ROAD = SLIPS | {"local"}
# Contexts: said by a marker to be a name; in a road's name; of something less than the place.
MARKED = frozenset({"village", "district"})
ROADS = frozenset({"road", "leading", "between", "towards"})
LESSER = ROADS | {"hamlet", "company", "ending"}


def elsewhere(named: Named, context: str) -> float:
    """Return how likely a name of ours that places elsewhere bear, too, means one of those.

    Surabaya is a village here and a city elsewhere: Kota Surabaya is the city. Gunung Megang is
    a village here and a district elsewhere: Kec. Gunung Megang is the district.
    """
    if named.outside == "district":
        return 0.8 if context == "district" and not named.districts else 0.0
    return {"regency": 0.8, "province": 0.8, "whole": 0.03}.get(context, 0.0) * bool(named.outside)
