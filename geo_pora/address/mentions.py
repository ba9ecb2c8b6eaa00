"""The names in an address: which words name an area, and how they stand there."""

from __future__ import annotations

from dataclasses import dataclass

from geo_pora.address.names import MAX_WORDS, QUALITY, Named, Names
from geo_pora.address.tokens import Token
from geo_pora.address.vocabulary import (
    COMMON,
    COMPANIES,
    DISTRICT_OFFICES,
    INSTITUTIONS,
    LEADING,
    MARKERS,
    NEARBY,
    OURS,
    SETTLEMENTS,
    UNITS,
    WHICH,
)

# What each word that is part of a name names; None where it names the province we are in.
Taken = dict[int, Named | None]


@dataclass(frozen=True, slots=True)
class Mention:
    """Some words that may name an area.

    Attributes
    ----------
    named : Named
        What they may name.
    context : str
        How they stand: `village`, `district`, `regency`, `province` and `hamlet` are
        marked; `office` is of an office that every district has; `road` is a road's own name,
        `leading` that of a road named after where it leads and `between` one of its two
        ends; `towards` is a direction; `company` is a firm's; `tail` ends a road or other
        words, where the larger place is said, and `ending` a name that nobody knows;
        `whole` is a part by itself and `within` is among other words or in an institution's
        name.
    words : str
        As compared.
    before_district : bool
        The next part is a marked district, as in `Jalan, Desa, Kec.`.
    """

    named: Named
    context: str
    words: str
    before_district: bool = False


def find_mentions(tokens: list[Token], names: Names) -> list[Mention]:
    """Find the names in an address; no word is used twice, longer and surer readings first."""
    tokens = _without_units(tokens)
    spans = _spans(tokens, names)
    spans.sort(key=lambda span: (-span[0], span[1]))
    taken: Taken = {}
    chosen = []
    for _, start, end, named in spans:
        if taken.keys().isdisjoint(range(start, end)):
            taken.update(dict.fromkeys(range(start, end), named))
            if named:
                chosen.append((start, end, named))
    chosen.sort(key=lambda span: span[0])
    return [
        _mention(tokens, start, end, named, taken, names)
        for start, end, named in chosen
        if not (end == start + 1 and _only_begins(tokens, start, taken, names))
    ]


def _only_begins(tokens: list[Token], at: int, taken: Taken, names: Names) -> bool:
    """Tell whether a generic word begins a longer name that nobody knows.

    Simpang is a district, and the first word of ten villages and of every
    junction: Simpang Manggis is not in the district.
    """
    token, after = tokens[at], at + 1
    goes_on = after < len(tokens) and tokens[after].part == token.part
    if token.is_marker and token.leading:
        return goes_on  # Jl. Simpang Muaradua: the junction to Muaradua
    if token.word not in names.generic or (token.at == 0 and token.kind == "district"):
        return False
    if goes_on and _is_junction(token) and (named := taken.get(after)):
        return not named.regencies  # Simpang Karang Agung, but Simpang, OKU Selatan
    if not goes_on or after in taken:
        return False
    return not tokens[after].word.isdigit() and tokens[after].word not in COMMON


def _only_ends(tokens: list[Token], at: int, taken: Taken, names: Names) -> bool:
    """Tell whether a word ends a longer name that nobody knows: Lubuk Merbau is not Merbau."""
    before = tokens[at - 1]
    goes_on = at > 0 and before.part == tokens[at].part and at - 1 not in taken
    begins = before.at == 0 and before.word in names.begin and before.word not in SETTLEMENTS
    own = before.kind != "road" and not before.is_marker  # Jl. Tugu Taraman is in Taraman
    return goes_on and begins and own and not _is_junction(before)


def _is_junction(token: Token) -> bool:
    return token.kind == "bare" and token.word in LEADING


def _spans(tokens: list[Token], names: Names) -> list[tuple[float, int, int, Named | None]]:
    """Return every run of words that names something: size, start, end, and what."""
    words = [token.word for token in tokens]
    markers = [token.is_marker for token in tokens]
    found: list[tuple[float, int, int, Named | None]] = []
    for start, word in enumerate(words):
        if word.isdigit():
            continue
        marked, size = False, 0
        for end in range(start + 1, _segment_end(tokens, start) + 1):
            size += len(words[end - 1])
            if size > names.longest:
                break
            marked = marked or (markers[end - 1] and words[end - 1] in MARKERS)
            if marked and end == start + 1:
                continue
            run = tuple(words[start:end])
            if end - start <= 2 and "".join(run) in OURS:
                found.append((float(size), start, end, None))
                continue
            # A name runs over a marker or a house number only where it is exact.
            across = marked or markers[start] or tokens[end - 1].part != tokens[start].part
            named = names.exact(run) if across else names.find(run)
            if named:
                found.append((size * QUALITY[named.how], start, end, named))
    return found


def _without_units(tokens: list[Token]) -> list[Token]:
    """Drop `Unit` between a settlement and its number: Batumarta Unit VI."""
    return [
        token
        for i, token in enumerate(tokens)
        if not (
            token.word in UNITS
            and 0 < i < len(tokens) - 1
            and tokens[i + 1].word.isdigit()
            and not token.parted
        )
    ]


def _segment_end(tokens: list[Token], start: int) -> int:
    end = start + 1
    while end < len(tokens) and end < start + MAX_WORDS:
        if tokens[end].parted or tokens[end].spaced:
            break
        end += 1
    return end


def _mention(
    tokens: list[Token], start: int, end: int, named: Named, taken: Taken, names: Names
) -> Mention:
    token = tokens[start]
    # A name that begins with a marker's word (Dusun Martapura) is not marked by it.
    kind = token.kind.lstrip("#") if not token.is_marker else "bare"
    if token.is_marker and start and not token.parted:
        kind = tokens[start - 1].kind.lstrip("#")
    before = tokens[start - 1] if start else None
    city = named.outside and not (named.codes and named.outside == "district")
    if city and before and before.word == "KOTA" and before.part == token.part:
        kind, token.at = "regency", 0  # Kota Jayapura is a city, of which there is none here
    after = tokens[end].kind if end < len(tokens) else ""
    context = _context(tokens, start, end, kind, taken)
    if end == start + 1 and _only_ends(tokens, start, taken, names):
        context = "ending"
    return Mention(
        named,
        context,
        " ".join(t.word for t in tokens[start:end]),
        after == "#district",
    )


def _context(tokens: list[Token], start: int, end: int, kind: str, taken: Taken) -> str:
    token = tokens[start]
    if token.is_marker and token.leading:
        return token.leading  # Jl. Raya Simpang: the word is also a district's name
    before = tokens[start - 1] if start and tokens[start - 1].part == token.part else None
    if before and before.word in NEARBY:
        return "towards"
    first = token.at == 0 or token.is_marker
    if kind in {"village", "district", "regency", "province", "hamlet"}:
        return kind if first else "tail"
    if kind == "road":
        return _on_road(tokens, start, end, taken, first)
    if before and before.word in COMPANIES:
        return "company"
    if before and before.word in DISTRICT_OFFICES:
        return "office"
    if before and _is_junction(before):
        return "leading"
    alone_before = start == 0 or tokens[start - 1].part != token.part or start - 1 in taken
    alone_after = _ends_part(tokens, end) or end in taken
    if alone_before and alone_after:
        return "whole"
    return "tail" if alone_after and not _of_institution(tokens, start) else "within"


def _on_road(tokens: list[Token], start: int, end: int, taken: Taken, first: bool) -> str:
    token, named = tokens[start], taken[start]
    if token.joined or (end < len(tokens) and tokens[end].joined):
        return "leading"  # Jl. Palembang - Baturaja
    if token.leading and not _is_village(named) and _is_one_end(taken.get(start - 1)):
        return "leading"  # Jl. Raya Belitang Martapura leads from one to the other
    if token.leading != "towards" and _between(tokens, start, end, taken):
        return "between"  # Jl. Betung Petanggan: at which of its two ends, it does not say
    if first:
        return token.leading or "road"
    # Jl. Salim Batubara Gumawang: a person's name, not the regency.
    return "tail" if named is None or named.codes or _ends_part(tokens, end) else "within"


def _ends_part(tokens: list[Token], end: int) -> bool:
    """Tell whether no word of weight comes after a name: Martapura Kota, Cempaka 12."""
    part = tokens[end - 1].part
    after = [token.word for token in tokens[end : end + 2] if token.part == part]
    return not after or (len(after) == 1 and (after[0] in WHICH or after[0].isdigit()))


def _between(tokens: list[Token], start: int, end: int, taken: Taken) -> bool:
    """Tell whether a road has no other words than the names of two villages.

    Or of one place that is not served: Jl. Baturaja Palembang.
    """
    part, named = tokens[start].part, taken[start]
    rest = [
        i
        for i, token in enumerate(tokens)
        if token.part == part and token.kind == "road" and not start <= i < end
    ]
    if any(tokens[i].word in COMMON for i in rest):
        return False  # Jl. Pasar Baru Gumawang
    other = [taken.get(i) for i in rest]
    if named and not named.codes:
        return bool(other) and None not in other
    ends = _is_village(named) and named and len(named.villages) == 1
    return bool(ends and other) and all(_is_village(end) for end in other)


def _is_one_end(named: Named | None) -> bool:
    """Tell a place from what has a name in several districts: Lintas Sumatera, Danau Ranau."""
    return named is not None and not (named.how == "exact" and len(named.districts) > 1)


def _is_village(named: Named | None) -> bool:
    return named is not None and bool(named.villages) and not named.districts


def _of_institution(tokens: list[Token], at: int) -> bool:
    """Tell whether the part of a word opens with what an institution is called."""
    while at and tokens[at - 1].part == tokens[at].part:
        at -= 1
    return tokens[at].word in INSTITUTIONS
