"""What people write around the numbers of degrees: hemispheres, axes, units, labels."""

from __future__ import annotations

import re

# How a number is written, and which character is then the decimal one.
NUMBERS = {
    "point": (r"\d+(?:\.\d+)*", "."),
    "comma": (r"\d+(?:,\d+)?", ","),
    "grouped": (r"\d{1,3}(?:,\d{3}){2,}|\d+", ","),
}
TOKENS = {
    way: re.compile(
        rf"(?P<number>{number})|(?P<word>[A-Z]+)|(?P<mark>[°'\"])|(?P<sign>[+-])"
        r"|(?P<gap>[\s,;/\\|:&~()\[\]{}<>_=.]+)|(?P<other>.)"
    )
    for way, (number, _) in NUMBERS.items()
}
HEMISPHERES = {
    word: letter
    for letter, words in {
        "S": "S LS SELATAN SOUTH",
        "N": "N LU U UTARA NORTH",
        "E": "E BT T TIMUR EAST",
        "W": "W BB B BARAT WEST",
    }.items()
    for word in words.split()
}
AXES = {
    word: axis
    for axis, words in {
        "lat": "LAT LATITUDE LINTANG Y",
        "lon": "LON LONG LNG LONGITUDE BUJUR X",
    }.items()
    for word in words.split()
}
UNITS = {
    word: mark
    for mark, words in {
        "°": "D DEG DEGREE DEGREES DERAJAT DRJT",
        "'": "MIN MINS MINUTE MINUTES MENIT MNT",
        '"': "SEC SECS SECOND SECONDS DETIK DTK",
    }.items()
    for word in words.split()
}
# Words that may stand beside coordinates and say nothing about where.
SAID_ANYWAY = re.compile(
    "K[OU]+RD(INAT)?(NYA)?|CO+RD(INATE)?S?|GPS|TITIK|LOKASI|POS|POSISI|POSITION|LOCATION|POINT|PETA"
    "|MAPS?|GARIS|LETAK|ADALAH|DI|PADA|DAN|AND|LAT(LONG?|LNG)|DD|DMM?|DMS|WGS"
)
# After the third number: metres above the sea, or the zoom of a copied link.
HEIGHT = frozenset(["M", "MDPL", "METER", "METERS", "Z"])
# The letter o, typed for the degree sign: 4o07', 104 o 10', 4.12oLS.
_LETTER_DEGREE = re.compile(
    r"(?<=\d)\s?[oO](?![A-Za-z])|(?<=\d)[oO](?=(?:L[SU]|B[TB]|[NSEWUTB])(?![A-Za-z]))"
)
# Each with what is read in its place; all are linear, and none makes a text longer.
_PLAINER: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bEPSG[\s:]{0,2}4326\b|\bWGS[\s_-]?(?:19)?84\b", re.IGNORECASE), " "),
    # How good the fix was is not where it was: (akurasi 5 m), ±5 m.
    (
        re.compile(
            r"(?:±|\+/-|\b(?:akurasi|ketelitian|accuracy)\b)[\s:=±]{0,3}\d{1,4}(?:[.,]\d{1,3})?"
            r"\s?m(?:eters?)?\b",
            re.IGNORECASE,
        ),
        " ",
    ),
    # Nor is how high it lies: ketinggian 85 mdpl.
    (
        re.compile(
            r"\b(?:ketinggian|elevasi|elevation|altitude|alt|tinggi)\b[\s.:=]{0,3}-?\d{1,4}"
            r"(?:[.,]\d{1,3})?\s?(?:mdpl|m(?:eters?)?)?\b",
            re.IGNORECASE,
        ),
        " ",
    ),
    # L.S., B.T.; 33 detikLS
    (re.compile(r"(?<![A-Z])([LB])\.\s?([SUTB])\b\.?", re.IGNORECASE), r"\1\2"),
    (
        re.compile(
            r"(?<=[\s\d])(derajat|menit|detik|deg|min|sec)(?=(?:L[SU]|B[TB]|[NSEWTU]|SELATAN|TIMUR)\b)",
            re.IGNORECASE,
        ),
        r"\1 ",
    ),
    (_LETTER_DEGREE, "°"),
    (re.compile(r"(?<=\d)\s?[*^]"), "°"),  # 4*07'33", 4^07'33": the degree sign of typewriters
    # Degrees, minutes and seconds parted by dashes: 4-7-33.6 LS.
    (
        re.compile(
            r"(?<![\d.,])(?<!\d-)(\d{1,3})-\s?(\d{1,2})-\s?(\d{1,2}(?:[.,]\d{1,9})?)(?![\d-])"
        ),
        r"\1 \2 \3",
    ),
    # Or by points, or by commas before a hemisphere: 4.7.33,6 LS, 4.7.33.6 LS, 4,7,33 LS.
    (
        re.compile(
            r"(?<![\d.])(?<!\d,)(\d{1,3})\.\s?(\d{1,2})\.\s?(\d{1,2}(?:[.,]\d{1,9})?)(?![\d.])"
        ),
        r"\1 \2 \3",
    ),
    (
        re.compile(
            r"(?<![\d.,])(\d{1,3}),(\d{1,2}),(\d{1,2})(?=\s?(?:LS|BT|S|E)(?![A-Z]))",
            re.IGNORECASE,
        ),
        r"\1 \2 \3",
    ),
    (re.compile(r"(?<=[°'])\.(?=\s?\d{1,2}(?:[.,]\d{1,9})?['\"])"), " "),  # 4°.7'.33"
    # A word or a decimal number in quotes: {"lat": "-4.126"}.
    (re.compile(r"(?:^|(?<=[\s,;:{\[(=]))([\"'])([A-Za-z]{1,20}|-?\d{1,9}[.,]\d{1,20})\1"), r"\2"),
)


def plainer(text: str) -> str:
    """Write what stands around the numbers in one way: upper case, degree signs, no quotes."""
    if text[:1] in {"'", '"'} and text[0] == text[-1] and text.count(text[0]) == 2:
        text = text[1:-1]
    for pattern, to in _PLAINER:
        text = pattern.sub(to, text)
    return text.upper()
