"""Numbers of persons as people write them: `3`, `3 orang`, `3 (tiga)`, `tiga`, `1.200`."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo_pora.reports.source import MERGED

MOST_PERSONS = 100_000
_WORDS = {
    "satu": 1,
    "dua": 2,
    "tiga": 3,
    "empat": 4,
    "lima": 5,
    "enam": 6,
    "tujuh": 7,
    "delapan": 8,
    "sembilan": 9,
    "sepuluh": 10,
    "sebelas": 11,
}
_WORDS |= {f"{word} belas": 10 + number for word, number in _WORDS.items() if 1 < number < 10}
_UNIT = re.compile(
    r"\b(?:orang(?: asing)?|org|jiwa|wna|tka|oa|pax|persons?|people|tamu|wisman|wisatawan)\b\.?"
)
_IN_WORDS = re.compile(r"\((?:[a-z]{3,20}[ -]?){1,6}\)")
_WHOLE = re.compile(r"\d{1,7}(?:[.,]0{1,2})?")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")


def parse(text: str) -> int | str:
    """Read a number of persons, or say in Indonesian why it is none.

    Examples
    --------
    >>> parse("3 orang"), parse("1.200"), parse("2 (dua) WNA"), parse("lima")
    (3, 1200, 2, 5)
    >>> parse("1,5")
    'jumlah orang harus bilangan bulat'
    """
    if text == MERGED:
        return "sel jumlah digabung atas beberapa baris; tulis jumlah di tiap baris"
    plain = _IN_WORDS.sub("", text[:60].casefold())
    plain = _UNIT.sub("", plain).strip(" .:")
    if plain in _WORDS:
        return _WORDS[plain]
    if _GROUPED.fullmatch(plain):
        number = int(re.sub(r"[.,]", "", plain))
    elif _WHOLE.fullmatch(plain):
        number = int(re.split(r"[.,]", plain)[0])
    elif re.fullmatch(r"-?\d+[.,]\d+", plain):
        return "jumlah orang harus bilangan bulat"
    else:
        return "jumlah orang bukan angka"
    if not 1 <= number <= MOST_PERSONS:
        return f"jumlah orang harus 1 sampai {MOST_PERSONS}"
    return number


def parse_all(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], dict[int, str], int]:
    """Read a column of numbers of persons; blank means one.

    Returns
    -------
    numpy array of int64, shape (n,)
        1 where blank or refused.
    dict of int to str
        The reason by position, where refused.
    int
        How many were blank.
    """
    coded = column.combine_chunks().dictionary_encode()
    values, reasons, blank = [], {}, -1
    for code, text in enumerate(coded.dictionary.to_pylist()):
        found = parse(text) if text else 1
        if not text:
            blank = code
        if isinstance(found, str):
            reasons[code], found = found, 1
        values.append(found)
    codes = coded.indices.to_numpy()
    bad = pd.Series(codes).map(reasons).dropna() if reasons else pd.Series(dtype=object)
    faults = {int(at): why for at, why in bad.items()}
    blanks = int(pc.sum(pc.equal(coded.indices, blank)).as_py() or 0) if blank >= 0 else 0
    return np.array(values, dtype=np.int64)[codes], faults, blanks
