"""The marked parts of an address: what stands after Jl., RT, Desa, Kec. and the like."""

from __future__ import annotations

from dataclasses import dataclass

from geo_pora.address.tokens import Token, area_code, postal_code, tokenise


@dataclass(frozen=True)
class Address:
    """The marked parts of an address; None or empty where there is none.

    Attributes
    ----------
    text : str
        As given.
    road, house_number, km, block, hamlet, village, district, regency, province : str or None
        As written, without the marker; the first of each.
    rt, rw : str or None
        Neighbourhood and community numbers.
    postal_code : str or None
        Five digits.
    code : str or None
        Kemendagri code in the text, dotted.
    rest : tuple of str
        What nothing marks, part by part.
    """

    text: str
    road: str | None = None
    house_number: str | None = None
    km: str | None = None
    block: str | None = None
    rt: str | None = None
    rw: str | None = None
    hamlet: str | None = None
    village: str | None = None
    district: str | None = None
    regency: str | None = None
    province: str | None = None
    postal_code: str | None = None
    code: str | None = None
    rest: tuple[str, ...] = ()


_FIELDS = {"number": "house_number", "postal": "postal_code"}


def parse(text: str) -> Address:
    """Read the marked parts of an Indonesian address; any text has some or none.

    Parameters
    ----------
    text : str
        As published or typed.

    Returns
    -------
    Address

    Examples
    --------
    >>> a = parse("Jl. Mawar No. 3 RT 01/RW 02, Desa Sukajadi, Kec. Baturaja Timur 32111")
    >>> a.road, a.house_number, a.rt, a.rw, a.village, a.district, a.postal_code
    ('Mawar', '3', '01', '02', 'Sukajadi', 'Baturaja Timur', '32111')
    """
    text = text if isinstance(text, str) else ""
    tokens = tokenise(text)
    fields: dict[str, str] = {}
    parts: dict[int, tuple[str, list[str]]] = {}
    postal = postal_code(tokens)
    _part_community_numbers(tokens)
    for token in tokens:
        if token.is_marker and not token.leading:
            continue
        if token.word == postal and token.kind not in {"rt", "rw"}:
            continue
        kind = "road" if token.is_marker else token.kind
        parts.setdefault(token.part, (kind, []))[1].append(token.surface)
    rest = []
    for kind, words in parts.values():
        value = " ".join(word for word in words if word)
        if kind == "bare":
            rest.append(value)
        elif kind != "canal":
            fields.setdefault(_FIELDS.get(kind, kind), value)
    if postal:
        fields["postal_code"] = postal
    return Address(text, code=area_code(text), rest=tuple(r for r in rest if r), **fields)


def _part_community_numbers(tokens: list[Token]) -> None:
    """Part the numbers of `RT/RW 03/01`, where both markers stand before both."""
    for i, token in enumerate(tokens[:-2]):
        if token.kind == "#rt" and tokens[i + 1].kind == "#rw" and tokens[i + 2].word.isdigit():
            for number, kind, part in zip(
                tokens[i + 2 : i + 4], ("rt", "rw"), (-1, -2), strict=False
            ):
                if number.word.isdigit():
                    number.kind, number.part = kind, part
