"""What identifies a person inside a text: numbers, addresses of mail, names after a mark.

The patterns are tried in order; each leaves alone what an address needs: house numbers, RT/RW,
postal codes, kilometres, area codes, coordinates in degrees and metres, plus codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    """What a category looks like.

    Attributes
    ----------
    category : str
    regex : re.Pattern
    is_meant : callable
        Takes the match; false where it only looks like one.
    """

    category: str
    regex: re.Pattern[str]
    is_meant: Callable[[re.Match[str]], bool] = lambda match: True


# Digits of a coordinate, an area code or a link must not be taken for a number of a person:
# nothing that counts may stand before or after.
_BEFORE, _AFTER = r"(?<![\w.,/@=+-])", r"(?![\w/]|[.,]\d)"
_START, _END = r"(?<![\w.,=])", r"(?!\w|[.,]\d)"
_DASHES = "\u2010-\u2015"
_DASH = rf"[ .\-_{_DASHES}]"

# --- names --------------------------------------------------------------------------------------

# What follows a name in an address is no part of it.
PLACE_WORD = (
    r"(?i:Desa|Ds|Kel|Kelurahan|Kec|Kecamatan|Kab|Kabupaten|Kota|Jl|Jln|Jalan|Gg|Gang|Lr|Lorong|"
    r"RT|RW|No|Nomor|KM|Dusun|Dsn|Kampung|Kp|Blok|Perum|Perumahan|Komplek|Simpang|Sp|Prov|Provinsi|"
    r"PT|CV|UD|Hotel|Wisma|Losmen|Toko|Kantor|Yayasan|Masjid|Gereja|SD|SMP|SMA|RS|Ponpes|Pondok|"
    r"Mess|Pasar|Dekat|Depan|Belakang|Samping|Sebelah|Di|Dan|Yang|Ke|Dari|Untuk|Paspor|Passport|NIK|"
    r"KITAS|KITAP|HP|Telp|Lingkungan|Rumah|Tinggal|Alamat)\b"
)
NAME_WORD = rf"(?!{PLACE_WORD})[A-Z][\w'’-]*\.?"
_ANY_WORD = rf"(?!{PLACE_WORD})[^\W\d_][\w'’-]*\.?"
_NAME = rf"{NAME_WORD}(?:\s+(?:bin|binti|{NAME_WORD})){{0,4}}"
_ANY_NAME = rf"{_ANY_WORD}(?:\s+{_ANY_WORD}){{0,4}}"
# Titles that nobody but a person has, and those that streets and shops have too.
_TITLE_OF_PERSON = (
    r"(?:[Bb]apak|[Bb]pk|BAPAK|BPK|[Ss]dri?|SDRI?|[Ss]audar[ai]|SAUDAR[AI]|[Tt]n|TN|[Tt]uan|TUAN|"
    r"[Nn]y|NY|[Nn]yonya|NYONYA|[Nn]n|NN|[Nn]ona|NONA|[Mm]rs?|MRS?|[Mm]s|MS|[Mm]iss|MISS|"
    r"[Mm]ister|MISTER|[Mm]adam|MADAM)\b"
)
_TITLE = (
    rf"(?:{_TITLE_OF_PERSON}|(?:[Pp]ak|PAK|[Ii]bu|IBU|[Bb]u|BU|[Hh]j?|HJ|[Dd]rs?|DR|[Ii]r|IR)\b)"
)
_TITLES = rf"(?:{_TITLE}\.?\s*){{1,3}}"
# Written out, the mark leaves no doubt; "an" alone is also the end of a word broken in two.
_ON_BEHALF = (
    r"(?<!\w)(?:[Aa]\.\s?[Nn]\.?|[Aa]/[Nn]\.?|[Aa][Nn]\.|[Aa][Nn](?=\s*:)|[Aa]tas\s+[Nn]ama|"
    r"ATAS\s+NAMA|[Uu]\.\s?[Pp]\.?|[Uu]/[Pp]\.?|[Uu][Pp]\.|"
    r"(?:[Nn]ama|NAMA|[Nn]ame|NAME)(?:\s+(?!(?i:desa|jalan|hotel|tempat|kec|kab|kel|usaha|perus|"
    r"toko|lokasi|inst))\w{2,9}){0,2}(?=\s*[:=]))\s*[:=]?\s*"
)
_OWNED = (
    r"\b[Aa]n\s+|\bAN\s+|\bd/a\s+|\bD/A\s+|\bc/o\s+|\bC/O\s+|\b[Mm]ilik\s+|\bMILIK\s+|"
    r"\b(?:[Ii]stri|[Ss]uami|ISTRI|SUAMI)\s+(?:dari\s+)?|"
    rf"\b(?:[Rr]umah|RUMAH|[Kk]ontrakan|KONTRAKAN|[Kk]ost?|KOST?|[Tt]empat|[Bb]ersama)\s+(?={_TITLE})"
)
# Jalan Bapak X and Jl. Mr. Assaat are streets.
_STREETS = (
    "Jl",
    "Jln",
    "Jalan",
    "Gg",
    "Gang",
    "Lr",
    "Lrg",
    "H",
    "JL",
    "JLN",
    "JALAN",
    "GG",
    "GANG",
)
_NOT_A_STREET = r"(?<![\w.])" + "".join(rf"(?<!{word} )(?<!{word}\. )" for word in _STREETS)

_NAMES = [
    rf"{_ON_BEHALF}(?:{_TITLES})?{_ANY_NAME}",
    rf"(?:{_OWNED})(?:{_TITLES})?{_NAME}",
    rf"{_NOT_A_STREET}(?={_TITLE_OF_PERSON}){_TITLES}{_NAME}",
    # With a stop behind it, "mr." is a title whatever the case of the name.
    rf"{_NOT_A_STREET}(?:[Mm]rs?|[Ss]dri?|[Bb]pk)\.?\s+{_ANY_NAME}",
]

# --- numbers ------------------------------------------------------------------------------------

_KEYWORD = (
    r"(?:no(?:mor)?\b\.?\s*)?\b(?:paspor|pass?port|pass|niora|e?-?kita[sp]|ita[sp]|nik|ktp|npwp|nip|"
    r"bpjs|kk|hp|handphone|telp?|telepon|telpon|tlp|wa|whatsapp|phone|kontak|sim)(?:\b|(?=\d))"
    r"[\s.:#/=-]*(?:no(?:mor)?\b[\s.:]*)?"
)
_CODE = rf"(?!{PLACE_WORD})(?-i:[A-Z0-9]{{1,14}})\b"
_PROVINCES = frozenset(
    str(number)
    for first, last in (
        (11, 19),
        (21, 21),
        (31, 36),
        (51, 53),
        (61, 65),
        (71, 76),
        (81, 82),
        (91, 97),
    )
    for number in range(first, last + 1)
)
_DECIMAL = re.compile(r"(?<![\d.])\d{1,3}\.\d{4,}(?![.\d])")


def _is_national_id(match: re.Match[str]) -> bool:
    """Whether 16 digits parted anyhow begin with a province and hold a day of birth."""
    digits = "".join(character for character in match[0] if character.isdigit())
    day, month = int(digits[6:8]), int(digits[8:10])
    born = 1 <= (day - 40 if day > 40 else day) <= 31 and 1 <= month <= 12
    return born and digits[:2] in _PROVINCES and not _DECIMAL.search(match[0])


def _of(category: str, *regexes: str, any_case: bool = False) -> list[Pattern]:
    flags = re.IGNORECASE if any_case else 0
    return [Pattern(category, re.compile(regex, flags)) for regex in regexes]


_DOT = r" ?(?:\.|[(\[]dot[)\]]) ?"
_KNOWN_ENDS = "com|co|net|org|id|cn|kr|jp|in|my|sg|edu|gov|info|biz|ru|uk|de|fr|tw|hk|ph|th|vn"
PATTERNS: list[Pattern] = [
    *_of(
        "email",
        r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}",
        r"[\w.+-]{1,64}(?: ?@ ?| ?[(\[]at[)\]] ?)[\w-]{1,63}"
        rf"(?:{_DOT}[\w-]{{1,63}}){{0,2}}{_DOT}(?:{_KNOWN_ENDS})\b",
        any_case=True,
    ),
    *_of(
        "social_media",
        r"(?<![\w.])@(?=[\w.]*[\d_])[a-z_][\w.]{2,29}",
        r"\b(?:ig|instagram|telegram|fb|facebook|tiktok|wechat|weixin|qq|line id)\b"
        r"(?:\s*(?:id\b)?\s*[:=]\s*@?|\s*@|\s+(?=\S*\d))[\w.-]{3,30}",
        any_case=True,
    ),
    *_of(
        "birth",
        r"\b(?:tempat[ /,]*)?(?:(?:tanggal|tgl\.?) )?(?:lahir|ttl|dob|born)\b[ :.]*"
        r"[^;|\n\d]{0,30}\d{1,4}[-/. ]\w{1,9}[-/. ]\d{2,4}",
        any_case=True,
    ),
    *_of("passport", r"(?<![A-Z0-9<])[A-Z0-9<]{0,44}?<<[A-Z0-9<]*"),
    *_of(
        "number",
        rf"\bniora\b[\s.:#/=-]*(?:no(?:mor)?\b[\s.:]*)?(?=[A-Z0-9 .-]{{0,12}}\d){_CODE}"
        rf"(?:[ .-]{_CODE}){{0,3}}",
        r"\b(?:e-?)?visa\b[\s.:#-]*(?:no(?:mor)?\b[\s.:]*)?[A-Z0-9]{0,3}\d[A-Z0-9]{5,20}\b",
        rf"{_KEYWORD}(?:[+(]?\d[\d() .\-]{{4,20}}\d|[A-Z]{{0,2}}\d[A-Z0-9]{{3,20}}|"
        r"[A-Z]{0,3}[ .-]{0,2}\d(?:[ .-]?\d){3,14}[A-Z]?)\b",
        r"\b[A-Z]{0,2}\d{6,9}[A-Z]?(?=[ (,:-]{1,3}(?:no\.? )?(?:paspor|pass?port)\b)",
        any_case=True,
    ),
    *_of(
        "national_id",
        r"(?<![\w.,=])\d{15,20}(?!\w|[.,]\d)",
        rf"(?<![\w.,])\d{{6}}{_DASH}\d{{6}}{_DASH}\d{{4}}(?!\w)",
        rf"(?<![\w.,])\d{{4}}(?:([ .\-_/{_DASHES}])\d{{4}})(?:\1\d{{4}}){{2}}(?!\w)",
        r"(?<![\w.,])\d{2}([ .-])\d{2}\1\d{2}\1\d{6}\1\d{4}(?!\w)",
        r"(?<![\w.,])\d(?: \d){14,17}(?![\w.,])",
    ),
    Pattern(
        "national_id",
        re.compile(rf"{_START}\d(?:[ .\-_/{_DASHES}]{{0,2}}\d){{15}}(?![\w]|[.,]\d)"),
        _is_national_id,
    ),
    *_of(
        "phone",
        rf"(?<![\w.,])(?:\+|00)[ ]?[1-9]\d{{0,2}}(?:[ ()\-{_DASHES}]{{0,2}}\d){{7,12}}{_AFTER}",
        rf"(?<![\w.,@=+-])\(?(?:\+?62{_DASH}?|0|O(?=8\d{{5}}))8[1-9](?:{_DASH}?\)?{_DASH}?\d){{6,10}}"
        r"(?!\w|[.,]\d)",
        r"(?<![\w.,-])08(?: \d\d){4,5}(?![\w.,])",
        r"(?<![\w.,-])0(?: \d){9,12}(?![\w.,])",
        rf"{_START}(?:\(0\d{{2,3}}\) ?|0[2-9]\d{{1,2}}[ -])\d{{5,8}}{_AFTER}",
        rf"{_START}(?:\(0\d{{2,3}}\) ?|0[2-9]\d{{1,2}}[ -])\d{{3}}[ -]\d{{3,4}}{_AFTER}",
        rf"{_BEFORE}0[2-9]\d{{8,10}}{_AFTER}",
        rf"{_BEFORE}(?:1[3-9]\d{{9}}|8[1-9]\d{{7,10}}){_AFTER}",
    ),
    *_of(
        "permit_number",
        r"(?<!\w)\d[A-Z]\d{1,2}[A-Z]{2,3}\d{4,6}(?:[- ]?[A-Z])?(?!\w)",
        r"(?<!\w)\d[.-]?[A-Z][.-]?\d{2}[ .-]?(?!RT|RW|KM|NO)[A-Z]{2}[ .-]?\d{4,6}"
        r"(?:[- ]?[A-Z])?(?!\w)",
    ),
    *_of(
        "passport",
        rf"(?<![\w+.,/-])(?!(?:RT|RW|KM|NO|JL|HM|PO|GG|LR|SP|S|N|E|LS|BT)[ -])"
        rf"(?!(?:RT|RW|KM|NO)\d)(?:[A-Z]{{1,2}}\d{{6,8}}|[A-Z]{{2}}[ -]\d{{6,8}}|"
        rf"[A-Z][ -]\d{{7,8}}|[A-Z]\d{{7}}[A-Z]){_AFTER}",
        any_case=True,
    ),
    *_of("name", *_NAMES),
]

# What in an identifier of a report is plainly the number of a person, in the dialect of RE2.
# Less than in other texts counts here: many identifiers are letters and digits in groups.
PERSONAL_ID = (
    rf"\d{{15}}|\S@\S|^\(?(?:\+?62{_DASH}?|00 ?62 ?|0)8[1-9](?:{_DASH}?\d){{7,10}}$|"
    r"^\d[A-Z]\d{1,2}[A-Z]{2,3}\d{4,6}(?:[- ]?[A-Z])?$"
)
PARTED_ID = rf"^\d(?:[ .\-_/{_DASHES}]?\d){{15}}$"
PASSPORT_ID = r"^(?i)(?:[A-Z]{1,2}[ -]?\d{6,8}|[A-Z]\d{7}[A-Z])$"


def is_national_id(text: str) -> bool:
    """Whether 16 digits parted anyhow begin with a province and hold a day of birth."""
    parted = _PARTED.fullmatch(text)
    return parted is not None and _is_national_id(parted)


_PARTED = re.compile(PARTED_ID)


# A superset of the patterns in the dialect of Arrow's regular expressions (RE2): only what it
# finds is looked at one by one.
SUSPECT = (
    rf"(?i)(?:\d[ ().\-_/{_DASHES}]{{0,3}}){{7}}|"
    r"O8\d{6}|[a-z][ -]?\d{6}|"
    r"\d[.-]?[a-z][.-]?\d{1,2}[ .-]?[a-z]{2,3}[ .-]?\d{4}|[@<]|https?:|www\.|[(\[]at[)\]]|"
    r"\bmilik\b|atas\s+nama|\bnam[ae]\b|\b[au]\.?/?\s?[np]\b|\bd/a\b|\bc/o\b|lahir|\bttl\b|\bdob\b|\bborn\b|"
    r"\b(?:istri|suami|ig|instagram|telegram|fb|facebook|tiktok|wechat|weixin|qq|line|visa)\b|"
    r"\b(?:bapak|bpk|pak|ibu|bu|sdri?|saudar[ai]|tn|tuan|ny|nyonya|nn|nona|mrs?|ms|miss|mister|"
    r"madam)\b|"
    r"\b(?:paspor|pass?port|pass|niora|kita[sp]|ita[sp]|nik|ktp|npwp|nip|bpjs|kk|hp|handphone|telp?|"
    r"telepon|telpon|tlp|wa|whatsapp|phone|kontak|sim|visa)(?:\b|\d)"
)
