"""Addresses with known truth, each bent in one way: how far does each way of writing reach?

`synthetic_addresses` shows kinds of address; here every text is a plain address of a village
or district, taken through one bend: slips, scanning errors, lost or extra spaces, capitals,
marks, order, English, old spelling, numerals, abbreviations, words around. The bends are
drawn from language and machines, never from a list of real addresses, and were written
after the rules, so that they judge them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pandas as pd

from geo_pora.gazetteer import Gazetteer, compact

REGENCIES = {"16.01": "OKU", "16.08": "OKU Timur", "16.09": "OKU Selatan"}
ENGLISH = {"16.01": "Ogan Komering Ulu", "16.08": "East OKU", "16.09": "South OKU"}
SCANNED = (("O", "0"), ("I", "1"), ("S", "5"), ("B", "8"), ("l", "1"), ("rn", "m"), ("g", "q"))
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
WORDS = ("", "Satu", "Dua", "Tiga", "Empat", "Lima", "Enam", "Tujuh", "Delapan")
SHORT = {
    "Tanjung": "Tj.",
    "Muara": "Ma.",
    "Sumber": "Sbr.",
    "Gunung": "Gn.",
    "Karang": "Kr.",
    "Lubuk": "Lb.",
    "Simpang": "Sp.",
    "Timur": "Tmr",
    "Barat": "Brt",
    "Selatan": "Sel.",
    "Madang": "Mdg",
    "Negeri": "Ngr",
    "Tengah": "Tgh",
    "Kota": "Kt.",
    "Pulau": "P.",
    "Suka": "Sk.",
}

Bend = Callable[[str, random.Random], str]


def _in_names(bend: Callable[[str, random.Random], str]) -> Bend:
    """Apply a bend of one word to one longer word of the names (marked by braces)."""

    def bent(text: str, pick: random.Random) -> str:
        words = [m for m in re.finditer(r"[A-Za-z]{5,}", text) if _in_braces(text, m.start())]
        if not words:
            return text
        word = pick.choice(words)
        return text[: word.start()] + bend(word[0], pick) + text[word.end() :]

    return bent


def _in_braces(text: str, at: int) -> bool:
    return text.rfind("{", 0, at) > text.rfind("}", 0, at)


def _dropped(word: str, pick: random.Random) -> str:
    at = pick.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _doubled(word: str, pick: random.Random) -> str:
    at = pick.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


def _turned(word: str, pick: random.Random) -> str:
    at = pick.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _beside(word: str, pick: random.Random) -> str:
    """Hit a key beside the right one."""
    at = pick.randrange(1, len(word))
    row = next((row for row in KEYS if word[at].lower() in row), "")
    if not row:
        return word
    key = row.index(word[at].lower())
    return (
        word[:at]
        + pick.choice(row[max(key - 1, 0) : key] + row[key + 1 : key + 2])
        + word[at + 1 :]
    )


def _first(word: str, pick: random.Random) -> str:
    if pick.random() < 0.5:
        return word[1].upper() + word[0].lower() + word[2:]
    return _beside("x" + word, pick)[1:] if pick.random() < 0.2 else word[1:].capitalize()


def _scanned(word: str, pick: random.Random) -> str:
    word = word.upper() if pick.random() < 0.5 else word
    found = [(a, b) for a, b in SCANNED if a in word[1:]]
    if not found:
        return word
    a, b = pick.choice(found)
    return word[0] + word[1:].replace(a, b, 1)


def _spaced(text: str, pick: random.Random) -> str:
    """Part a name's word in two."""
    return _in_names(lambda w, p: f"{w[: (at := p.randrange(3, len(w) - 1))]} {w[at:]}")(text, pick)


def _joined_names(text: str, _: random.Random) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda m: m[1].replace(" ", ""), text)


def _unparted(text: str, _: random.Random) -> str:
    return text.replace(",", "").replace(". ", " ")


def _unspaced(text: str, _: random.Random) -> str:
    return re.sub(r"([.,]) ", r"\1", text)


def _camel(text: str, _: random.Random) -> str:
    return re.sub(r"(?<=[a-z]) (?=[A-Z{])", "", text)


def _reparted(text: str, pick: random.Random) -> str:
    return text.replace(", ", pick.choice((" / ", "; ", "\n", " - ", " | ", " , ", "//", "\t")))


def _old(text: str, _: random.Random) -> str:
    for new, old in (("u", "oe"), ("j", "dj"), ("c", "tj"), ("U", "Oe"), ("J", "Dj"), ("C", "Tj")):
        text = re.sub(r"\{([^{}]*)\}", lambda m, n=new, o=old: "{" + m[1].replace(n, o) + "}", text)
    return text


def _numbers(made: Callable[[int], str]) -> Bend:
    def bent(text: str, _: random.Random) -> str:
        return re.sub(
            r"(?<= )([IVX]+)(?=\})",
            lambda m: made(ROMAN.index(m[1])) if m[1] in ROMAN else m[1],
            text,
        )

    return bent


def _short(text: str, _: random.Random) -> str:
    for word, short in SHORT.items():
        if found := re.search(rf"\b{word}\b", text):
            return text[: found.start()] + short + text[found.end() :]
    return text


def _misspelt_markers(text: str, pick: random.Random) -> str:
    for right, wrong in (
        ("Kec.", ("Kecmatan", "Kecamtan", "Kcamatan", "Kecamatan:", "kec,", "Kec ;")),
        ("Desa", ("Desaa", "Dsa", "Des.", "desa.", "Desa :", "DS;")),
        ("Kab.", ("Kabupten", "Kabuapten", "kab,", "Kab:")),
    ):
        text = text.replace(right, pick.choice(wrong))
    return text


def _around(before: tuple[str, ...], after: tuple[str, ...] = ("",)) -> Bend:
    return lambda text, pick: pick.choice(before) + text + pick.choice(after)


BENDS: dict[str, Bend] = {
    "plain": lambda text, _: text,
    "a letter lost": _in_names(_dropped),
    "a letter doubled": _in_names(_doubled),
    "letters turned": _in_names(_turned),
    "the key beside": _in_names(_beside),
    "the first letter wrong": _in_names(_first),
    "scanned": _in_names(_scanned),
    "two slips": lambda text, pick: _in_names(_turned)(_in_names(_beside)(text, pick), pick),
    "a word parted": _spaced,
    "names without spaces": _joined_names,
    "no commas": _unparted,
    "no spaces after marks": _unspaced,
    "camel case": _camel,
    "other marks": _reparted,
    "capitals": lambda text, _: text.upper(),
    "small letters": lambda text, _: text.lower(),
    "old spelling": _old,
    "Arabic numerals": _numbers(str),
    "small Roman numerals": _numbers(lambda n: ROMAN[n].lower()),
    "numbers in words": _numbers(lambda n: WORDS[n] if n < len(WORDS) else str(n)),
    "numbers glued": lambda text, _: re.sub(r" ([IVX]+\})", r"\1", _numbers(str)(text, _)),
    "a word shortened": _short,
    "markers misspelt": _misspelt_markers,
    "no markers": lambda text, _: re.sub(r"\b(Desa|Kec\.|Kab\.) ", "", text),
    "brackets": lambda text, _: re.sub(r", (Kec\. .*)", r" (\1)", text),
    "quotes": lambda text, _: '"' + text.replace("{", "'{").replace("}", "}'") + '"',
    "road before": _around(("Jl. Merdeka No. 12, ", "Jln Lintas Sumatera Km 7 ", "Gg. Mawar 3/4 ")),
    "RT/RW, block before": _around(
        ("RT 02 RW 01 ", "RT.002/RW.001, ", "Blok B No 5 ", "Dusun III RT 4, ", "Dsn 2 ")
    ),
    "canal, Trans, SP before": _around(("BK 10 ", "Trans ", "SP 3 ", "UPT II ", "Jalur 5, ")),
    "company before": _around(("PT Mitra Ogan, ", "CV. Karya Jaya ", "Mess PT Minanga Ogan, ")),
    "Sumsel, code after": _around(("",), (", Sumsel", ", Sumatera Selatan, Indonesia", " SUM-SEL")),
    "remark after": _around(
        ("",),
        (" (dekat pasar)", ", samping masjid", " HP 081234567890", " depan kantor camat", " (kos)"),
    ),
}
# Which names the text has. Braces mark the names for the bends and are taken out at last.
SHAPES: dict[str, Callable[[str, str, str], str]] = {
    "village, district": lambda v, d, r: f"Desa {{{v}}}, Kec. {{{d}}}",
    "village, district, regency": lambda v, d, r: f"Desa {{{v}}}, Kec. {{{d}}}, Kab. {r}",
    "village": lambda v, d, r: f"Desa {{{v}}}",
    "village, regency": lambda v, d, r: f"Desa {{{v}}}, Kab. {r}",
    "district": lambda v, d, r: f"Kec. {{{d}}}",
    "district, regency": lambda v, d, r: f"Kec. {{{d}}}, Kab. {r}",
}


def addresses(gazetteer: Gazetteer, each: int = 60, seed: int = 41) -> pd.DataFrame:
    """Return bent addresses of every shape.

    Parameters
    ----------
    gazetteer : Gazetteer
    each : int
        Number of texts of each bend and shape.
    seed : int

    Returns
    -------
    DataFrame
        `text`, `bend`, `shape`, `village_code` (empty where none is named), `district_code`.
        A village without its district is one whose name no other district has, or, with the
        regency, no other of that regency.
    """
    pick = random.Random(seed)
    villages = gazetteer.codes("village")
    bearers: dict[str, set[str]] = {}
    for code in (*villages, *gazetteer.codes("district")):
        bearers.setdefault(compact(gazetteer.name_of(code)), set()).add(code[:8])
    rows = []
    for bend, bent in (*BENDS.items(), ("English", None), ("reversed", None)):
        for shape, written in SHAPES.items():
            made = 0
            while made < each:
                code = pick.choice(villages)
                names = [gazetteer.name_of(code), gazetteer.name_of(code[:8])]
                others = bearers[compact(names[0])]
                if shape == "village, regency":
                    others = {other for other in others if other[:5] == code[:5]}
                if shape in {"village", "village, regency"} and len(others) > 1:
                    continue
                text = written(*names, REGENCIES[code[:5]])
                if bend == "English":
                    text = _english(text, code)
                elif bend == "reversed":
                    text = ", ".join(reversed(text.split(", ")))
                elif bent:
                    bent_text = bent(text, pick)
                    numerals = "umer" in bend or "umber" in bend
                    if numerals and bent_text == text and pick.random() < 0.97:
                        continue
                    text = bent_text
                text = text.replace("{", "").replace("}", "")
                named = code if "illage" in shape else ""
                rows.append((text, bend, shape, named, code[:8]))
                made += 1
    return pd.DataFrame(rows, columns=["text", "bend", "shape", "village_code", "district_code"])


def _english(text: str, code: str) -> str:
    text = re.sub(r"Desa (\{[^}]*\})", r"\1 Village", text)
    text = re.sub(r"Kec\. (\{[^}]*\})", r"\1 District", text)
    return re.sub(r"Kab\. .*", f"{ENGLISH[code[:5]]} Regency, South Sumatra", text)
