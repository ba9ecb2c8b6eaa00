"""What identifies a person: columns by header and content, and content inside other columns.

Columns that identify are dropped before anything else happens to a file; what looks like a
passport, an identity number, a telephone or an address of mail inside a column that is kept
is masked. Postal codes, RT/RW, house numbers, coordinates, plus codes and area codes stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from geo_pora.reports.patterns import NAME_WORD, PATTERNS, Pattern

MASK = "***"

# Words in a header that make the column identify, whatever else stands there.
_TOKENS: dict[str, str] = {
    "passport": "paspor|pasport|passport|passpor|dokumen perjalanan|travel doc(?:ument)?",
    "national_id": "nik|ktp|kk|npwp|nip|sim|identitas|identity|kartu keluarga|social security",
    "phone": "telp|telepon|telpon|tlp|telephone|phone|hp|handphone|hape|wa|whatsapp|ponsel|mobile|"
    "kontak|contact|narahubung|fax|whats app|cp",
    "email": "email|surel|e mail|mail",
    "birth": "lahir|ttl|dob|birth|birthdate|birthday|birthplace|kelahiran|usia|umur|age",
    "niora": "niora",
    "permit_number": "(?:no|nomor) (?:izin|ijin|visa|kita[sp]|ita[sp]|imta|rptka)|"
    "(?:permit|visa) (?:no|number)|imta|rptka",
    "photo": "foto|photo|gambar|image|picture|dokumentasi|lampiran|attachment|selfie",
    "biometric": "sidik jari|fingerprint|biometrik|biometric|tanda tangan|ttd|signature",
    "name": "name|nama|surname|fullname|firstname|lastname|penjamin|sponsor|guarantor|ayah|ibu|"
    "alias|inisial|initials|penanggung jawab|pic|pasangan|suami|istri|spouse|keluarga|pemilik|"
    "owner|petugas|pelapor",
    "gender": "kelamin|gender|sex|l p|jk",
    "social_media": "facebook|instagram|tiktok|we ?chat|weixin|qq|telegram|twitter|medsos|akun|"
    "account|username",
    "remarks": "keterangan|ket|catatan|remarks?|notes?|komentar|comments?|uraian|deskripsi|"
    "description|kronologi|kronologis|narasi|informasi lain",
}
_GLUED = re.compile(r"^(nomor|nama|no)(?=[a-z]{2})")  # as in nopaspor and namawna
_IN_HEADER = [(kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _TOKENS.items()]


def by_header(key: str) -> str:
    """Return the category that a header's key names, or an empty text."""
    for form in (key, _GLUED.sub(r"\1 ", key)):
        for category, pattern in _IN_HEADER:
            if pattern.search(form):
                return category
    return ""


_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAP_LINK = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)*(?:google\.[a-z.]{2,6}|goo\.gl|g\.page|openstreetmap\.org|osm\.org|"
    r"waze\.com|apple\.com|bing\.com|plus\.codes|what3words\.com|here\.com)(?:[/:?#]|$)",
    re.IGNORECASE,
)


def mask(
    text: str, count: Callable[[str], None] = lambda _: None, *, coordinates: bool = False
) -> str:
    """Replace what identifies a person in a text by `***`.

    Parameters
    ----------
    text : str
        Content of a cell that is kept. Links to maps are left as they are.
    count : callable
        Told the category of each replacement, never the content.
    coordinates : bool
        Whether the column holds coordinates: `S0412345 E10412345` is then no passport.
    """
    if "http" in text.lower() or "www." in text.lower():
        return _mask_around_links(text, count)
    for pattern in PATTERNS:
        if coordinates and pattern.category == "passport":
            continue
        text = pattern.regex.sub(lambda m, p=pattern: _masked(m, p, count), text)  # type: ignore[misc]
    return text


def _masked(match: re.Match[str], pattern: Pattern, count: Callable[[str], None]) -> str:
    if not pattern.is_meant(match):
        return match[0]
    count(pattern.category)
    return MASK + match[0][len(match[0].rstrip()) :]


def _mask_around_links(text: str, count: Callable[[str], None]) -> str:
    parts, at = [], 0
    for link in _LINK.finditer(text):
        parts.append(mask(text[at : link.start()].replace("www.", ""), count))
        if _MAP_LINK.match(link[0]):
            parts.append(link[0])
        else:
            count("link")
            parts.append(MASK)
        at = link.end()
    rest = text[at:]
    return "".join(parts) + (mask(rest, count) if at and "http" not in rest.lower() else rest)


_WHOLE: list[tuple[str, re.Pattern[str]]] = [
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("national_id", re.compile(r"\d{15,18}|\d{6}[ .-]\d{6}[ .-]\d{4}|\d{4}(?:[ -]\d{4}){3}")),
    (
        "phone",
        re.compile(r"\(?(?:\+|00)?(?:62|0)[ .-]?\d{2,3}\)?(?:[ .-]?\d){5,10}|\+\d[\d ()-]{7,16}"),
    ),
    ("passport", re.compile(r"[A-Za-z]{1,2}[ -]?\d{6,8}|[A-Za-z]\d{7}[A-Za-z]")),
    ("permit_number", re.compile(r"\d[A-Z]\d{2}[A-Z]{2}\d{4,6}(?:[- ]?[A-Z])?")),
    ("photo", re.compile(r".*\.(?:jpe?g|png|heic|webp|gif|bmp|tiff?)(?:\?.*)?", re.IGNORECASE)),
    (
        "name",
        re.compile(
            r"(?:(?:Bapak|Bpk|Ibu|Sdri?|Tn|Ny|Nn|Mrs?|Ms|Miss|Dr|Drs|Ir|Hj?|Prof)\.? )+[A-Z].*|"
            rf"{NAME_WORD}(?: (?:bin|binti|{NAME_WORD})){{1,4}}(?:, ?S\.?\w{{1,4}})?"
        ),
    ),
]


def by_content(values: Sequence[str], *, names: bool) -> str:
    """Return the category that most values of a column are wholly made of, or an empty text.

    Parameters
    ----------
    values : sequence of str
        A sample of the values that are not blank.
    names : bool
        Whether words in capitals may be names: not in a column of places.
    """
    for category, pattern in _WHOLE:
        if category == "name" and not names:
            continue
        found = sum(pattern.fullmatch(value.strip()) is not None for value in values)
        if (
            values
            and found * 2 >= len(values)
            and not (category == "passport" and are_a_series(values))
        ):
            return category
    return ""


def are_a_series(values: Sequence[str]) -> bool:
    """Whether letter and number are a running number with a fixed prefix, as in R0000017."""
    if not values:
        return False
    prefixes = {value.strip().rstrip("0123456789").casefold() for value in values}
    numbers = [int("".join(c for c in value if c.isdecimal())[:18] or 0) for value in values]
    return len(prefixes) == 1 and max(numbers) - min(numbers) < 20 * len(numbers)


# An unknown column is kept beside the reports only where it holds numbers or codes: no words,
# no dates, nothing as long as a number of a person.
CODE_LIKE = (
    r"^(?:[A-Za-z]{0,3}|[-+]?\d{1,7}|[-+]?\d{1,4}[.,]\d{1,12}|[A-Za-z]{1,4}\d{1,5}|"
    r"[A-Za-z]+\d*(?:_[A-Za-z0-9]+)+|\d{2}(?:\.\d{2}){1,2}\.\d{4}|\d{2}\.\d{2}\.\d{2}|"
    r"(?i:true|false|yes|no|ya|tidak|unknown))$"
)
_CODE_LIKE = re.compile(CODE_LIKE.removeprefix("^").removesuffix("$"))


def is_code_like(values: Sequence[str]) -> bool:
    """Whether all values of a column are numbers or codes, and there is one."""
    return bool(values) and all(_CODE_LIKE.fullmatch(value.strip()) for value in values)
