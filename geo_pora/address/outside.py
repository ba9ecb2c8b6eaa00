"""The names of places that are not served, so that they are recognised as outside."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from geo_pora.address.vocabulary import DIRECTION_WORDS, canonical

_RANK = {"province": 0, "regency": 1, "district": 2}


def outside_names(file: Path) -> dict[str, str]:
    """Return the level of each name that is not served, the highest first."""
    if not file.exists():
        return {}
    found: dict[str, str] = {}
    with file.open(newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: _RANK[row["level"]])
    named = [(canonical(row["name"]), row) for row in rows]
    # Kota of Kota Selatan says nothing: other names begin with it, too.
    begins = Counter(w[0] for w, _ in named if len(w) > 1 and w[-1] not in DIRECTION_WORDS)
    for words, row in named:
        spellings = [words]
        if len(words) == 2 and words[-1] in DIRECTION_WORDS and begins[words[0]] > 1:
            pass
        elif len(words) > 1 and words[-1] in DIRECTION_WORDS:
            spellings.append(words[:-1])  # Jakarta, Lampung, Aceh
        if words[0] in {"DKI", "DI"}:
            spellings.append(words[1:])
        for spelled in spellings:
            if len("".join(spelled)) > 2:
                found.setdefault("".join(spelled), row["level"])
    return found
