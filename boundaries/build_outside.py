"""Build outside.csv: names of provinces, regencies, cities and near districts that are not served.

Usage: python boundaries/build_outside.py collection.json

`collection.json` is in the npm package geografis 1.3.2 (MIT), under data/json.
Districts are taken from the provinces around (Jambi, South Sumatra, Bengkulu,
Lampung) only: farther ones are always told by their regency or province.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

# What people call some of them, beside their names.
USAGE = {
    "12": "Sumut",
    "13": "Sumbar",
    "16.02": "OKI",
    "16.06": "Muba",
    "16.12": "PALI",
    "16.13": "Muratara",
    "18.01": "Lamsel",
    "18.02": "Lamteng",
    "18.03": "Lampura",
    "18.04": "Lambar",
    "18.07": "Lamtim",
    "18.12": "Tubaba",
    "19": "Babel",
    "21": "Kepri",
    "32": "Jabar",
    "33": "Jateng",
    "33.72": "Solo",
    "34": "DIY",
    "34.71": "Jogja",
    "35": "Jatim",
    "52": "NTB",
    "53": "NTT",
    "61": "Kalbar",
    "62": "Kalteng",
    "63": "Kalsel",
    "64": "Kaltim",
    "73": "Sulsel",
}
SERVED = {"16.01", "16.08", "16.09"}
AROUND = {"15", "16", "17", "18"}
HERE = Path(__file__).resolve().parent


def rows(provinces: list[dict]) -> list[tuple[str, str, str]]:
    """Return (code, level, name), each name once per level."""
    found: dict[tuple[str, str], str] = {}
    for province in provinces:
        if province["code"] != "16":
            found.setdefault(("province", province["province"]), province["code"])
        for city in province["cities"]:
            if city["code"] in SERVED:
                continue
            name = re.sub(r"^(KABUPATEN|KOTA)( ADM\w*\.?)?\s+", "", city["city"], flags=re.I)
            found.setdefault(("regency", name), city["code"])
            if province["code"] in AROUND:
                for district in city["districts"]:
                    found.setdefault(("district", district["district"]), district["code"])
    return sorted((code, level, name) for (level, name), code in found.items())


if __name__ == "__main__":
    collected = rows(json.loads(Path(sys.argv[1]).read_text()))
    named = [(*row, "geografis") for row in collected]
    named += [
        (code, "province" if len(code) == 2 else "regency", name, "usage")
        for code, name in USAGE.items()
    ]
    with (HERE / "outside.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "level", "name", "source"])
        writer.writerows(sorted(named))
