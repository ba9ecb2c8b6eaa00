"""What a report's coordinates and address say together: where it is, or why a person decides.

Coordinates place a report unless its address names another area: published
points are in the wrong district often enough that neither is believed
blindly. The rules, each with its example, are in docs/geocoding.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from geo_pora.address import Match

# Why a row waits for a person, in Indonesian (for the app) and in English. A reason that
# begins with `bad_coordinates:` ends with a key of `geo_pora.coordinates.REASONS`.
REVIEW_REASONS = {
    "no_location": (
        "tidak ada alamat maupun koordinat",
        "there is neither an address nor coordinates",
    ),
    "bad_coordinates": (
        "koordinat tidak dapat dipakai",
        "the coordinates cannot be used",
    ),
    "outside": (
        "di luar wilayah yang dilayani",
        "the place is outside the regencies served",
    ),
    "outside_layer": (
        "wilayahnya tidak ada pada lapisan batas ini",
        "the boundary layer in use lacks the area that the address names",
    ),
    "conflict": (
        "koordinat dan alamat tidak cocok",
        "the coordinates and the address name different areas",
    ),
    "conflicting_names": (
        "nama-nama dalam alamat saling bertentangan",
        "names in the address contradict each other",
    ),
    "ambiguous_name": (
        "nama ini dipakai beberapa wilayah",
        "several areas have this name",
    ),
    "only_regency": (
        "hanya kabupaten yang disebut",
        "only the regency is named",
    ),
    "no_area_named": (
        "alamat tidak menyebut desa atau kecamatan yang dikenal",
        "the address names no village or district that is known",
    ),
    "low_confidence": (
        "alamat kurang meyakinkan",
        "the address is not sure enough",
    ),
    "text_too_long": (
        "teks alamat terlalu panjang",
        "the text is too long for an address",
    ),
}

# A layer of surveyed boundaries; one built from village points, measured against real
# boundaries: right village, district and regency.
SURVEYED = (0.98, 0.98, 0.99)
INDICATIVE = (0.65, 0.9, 0.97)

# Published points of schools in the three regencies that lie in their stated district.
PUBLISHED_POINT = 0.71


@dataclass(frozen=True)
class Decision:
    """Where a row is, or why that is not decided.

    Attributes
    ----------
    code : str
        The finest code that is decided; empty where none is.
    method : str
        `coordinates`, `address` or `none`.
    confidence : float
        Probability that `code` is right; of the best candidate where a person decides.
    reason : str or None
        A key of `REVIEW_REASONS`; None where nothing is left to decide.
    candidates : tuple of (str, float)
        Best first.
    """

    code: str = ""
    method: str = "none"
    confidence: float = 0.0
    reason: str | None = None
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Policy:
    """What a decision depends on beside the evidence.

    Attributes
    ----------
    threshold : float
        Below this probability nothing is decided.
    indicative : bool
        The layer is built from village points.
    """

    threshold: float = 0.8
    indicative: bool = False

    @property
    def trust(self) -> tuple[float, float, float]:
        """Probability that the layer gives a point its village, district and regency."""
        return INDICATIVE if self.indicative else SURVEYED


def by_coordinates(code: str, policy: Policy) -> Decision:
    """Decide on a point in the area `code` with no address to compare."""
    village, district, regency = policy.trust
    levels = ((13, village), (8, district), (5, regency))
    candidate = ((code, dict(levels).get(len(code), regency)),)
    for length, sure in levels:
        if len(code) >= length and sure >= policy.threshold:
            return Decision(code[:length], "coordinates", sure)
    return Decision(reason="low_confidence", confidence=candidate[0][1], candidates=candidate)


def by_address(match: Match, policy: Policy) -> Decision:
    """Decide on an address alone: at the finest level that is sure enough."""
    threshold = policy.threshold
    best = match.candidates[0][1] if match.candidates else 0.0
    if match.too_long:
        return Decision(reason="text_too_long")
    if match.outside >= 0.5:
        return Decision(confidence=match.outside, reason="outside")
    if not match.names_an_area:
        return Decision(reason="no_area_named")
    district, sure = match.district
    if sure >= threshold:
        village, village_sure = match.village
        if village_sure >= threshold:
            return Decision(village, "address", village_sure, None, match.candidates)
        return Decision(district, "address", sure, None, match.candidates)
    regency, sure = match.regency
    reason = _doubt(match, threshold)
    if sure >= threshold:
        return Decision(regency, "address", sure, reason, match.candidates)
    return Decision(confidence=best, reason=reason, candidates=match.candidates)


def _doubt(match: Match, threshold: float) -> str:
    """Say why no district is sure enough."""
    if match.conflict:
        return "conflicting_names"
    if match.district[1] < 0.3 and match.regency[1] >= threshold and not match.village_named:
        return "only_regency"
    likely = [sure for _, sure in match.candidates[:2]]
    if len(likely) == 2 and likely[1] > 0.4 * likely[0]:
        return "ambiguous_name"
    return "low_confidence"


def by_both(code: str, near: frozenset[str], match: Match, policy: Policy) -> Decision:
    """Decide on a point in the area `code` (empty: in none) whose address names something.

    Parameters
    ----------
    code : str
        Of the area that covers the point.
    near : frozenset of str
        Areas and their districts so near the point that the border between may be wrong.
    match : Match
        What the address says.
    policy : Policy
    """
    alone = by_coordinates(code, policy) if code else Decision(reason="outside")
    text = by_address(match, policy)
    if not match.names_an_area:
        return alone
    both = _both_candidates(code, match, policy)
    if match.outside >= 0.5:
        return Decision(confidence=match.outside, reason="conflict" if code else "outside",
                        candidates=both)  # fmt: skip
    if not code:
        reason = "conflict" if text.reason is None else "outside"
        return Decision(confidence=text.confidence, reason=reason, candidates=both)
    district = code[:8]
    if match.district[1] >= policy.threshold and len(code) >= 8:
        if match.district[0] == district:
            return _agreed(code, near, match, alone, text, policy)
        if match.district[0] in near:
            return replace(text, candidates=both)
        return Decision(confidence=both[0][1], reason="conflict", candidates=both)
    if match.regency[1] >= 0.9 and match.regency[0] != code[:5]:
        return Decision(confidence=both[0][1], reason="conflict", candidates=both)
    said = dict(_by_district(match))
    if match.district[1] >= 0.5 and said.get(district, 0.0) < 0.1:
        return Decision(confidence=both[0][1], reason="conflict", candidates=both)
    return _settled(code, match, alone, said)


def _agreed(
    code: str,
    near: frozenset[str],
    match: Match,
    alone: Decision,
    text: Decision,
    policy: Policy,
) -> Decision:
    """Decide where point and address agree on the district: the village if they agree on it."""
    district_trust = policy.trust[1]
    wrong = (1 - district_trust) * (1 - match.district[1])
    sure = min(0.999, 1 - wrong)
    village, village_sure = match.village
    if len(code) == 13 and village_sure >= policy.threshold:
        if village == code:
            return Decision(code, "coordinates", min(0.999, max(village_sure, policy.trust[0])))
        if village in near:
            return replace(text, candidates=match.candidates)
        # Two villages of one district: the district is sure, the village is not.
        return Decision(code[:8], "coordinates", sure, None, match.candidates)
    if len(alone.code) == 13:
        return replace(alone, confidence=max(alone.confidence, min(sure, policy.trust[0])))
    if len(code) == 8 and len(text.code) == 13:
        return Decision(text.code, "address", text.confidence)
    return Decision(code[:8], "coordinates", sure)


def _settled(code: str, match: Match, alone: Decision, said: dict[str, float]) -> Decision:
    """Decide where the address leaves several areas and the point is in one of them, or in none.

    A village shared by four districts is the one in the point's district.
    """
    named = [village for village, _ in match.candidates if village[:8] == code[:8] != village]
    if said.get(code[:8], 0.0) >= 0.1 and named and len(alone.code) == 13 and code not in named:
        return replace(alone, code=code[:8])
    return alone


def _by_district(match: Match) -> list[tuple[str, float]]:
    totals: dict[str, float] = {}
    for code, sure in match.candidates:
        if len(code) >= 8:
            totals[code[:8]] = totals.get(code[:8], 0.0) + sure
    return sorted(totals.items(), key=lambda item: -item[1])


def _both_candidates(code: str, match: Match, policy: Policy) -> tuple[tuple[str, float], ...]:
    """Return what the address says and where the point is, as if exactly one were right."""
    if not code:
        return match.candidates
    rest = [item for item in match.candidates if item[0] != code]
    said = max((sure for _, sure in rest), default=match.outside)
    address, point = said * (1 - PUBLISHED_POINT), (1 - said) * PUBLISHED_POINT
    scale = address / (address + point) / said if said else 0.0
    found = [(other, sure * scale) for other, sure in rest]
    found.append((code, point / (address + point)))
    return tuple(sorted(found, key=lambda item: (-item[1], item[0]))[:10])
