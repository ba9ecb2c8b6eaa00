"""Build `boundaries/gazetteer.csv` from the npm package geografis 1.3.2 (MIT).

    npm pack geografis@1.3.2
    npm pack idn-area-data@4.0.1            # optional: an oracle (ODbL), read and never copied
    python boundaries/build_gazetteer.py geografis-1.3.2.tgz [--oracle idn-area-data-4.0.1.tgz]

The package lists every village of Indonesia with its code, postal code and one
point. We keep three regencies, mend what the package's own casing broke
("Batumarta Ii"), correct the few misprinted names listed in CORRECTIONS, and
derive a point for each district (the median of its villages' points) and
regency. With `--oracle` every code, parent and name is compared with the
second list and each difference is printed; a difference in codes is an error.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sys
import tarfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
REGENCIES = ("16.01", "16.08", "16.09")
SHA256 = "8edf6af4d7011ecf56f0b9ca46fa8cb7dfdcf922c365ee94cc0cae00f7df7c56"

# Plain misprints of the package, found where the second list differs, each looked at by hand;
# the printed form stays findable as an alias of source "geografis".
CORRECTIONS = {
    "16.08.01.1017": "Sungai Tuha Jaya",
    "16.08.12.2003": "Teko Rejo",
    "16.08.15.2007": "Burnai Mulya",
    "16.08.17.2011": "Madugondo",
    "16.08.20.2003": "Pandan Sari II",
    "16.09.08.2015": "Pere'an",
}
ROMAN = re.compile(r"\b(?=[IVX])(X{0,3})(IX|IV|V?I{0,3})\b", re.IGNORECASE)


def member(archive: Path, name: str) -> bytes:
    """Return one file of an npm tarball without unpacking anything to disk."""
    with tarfile.open(archive) as tar:
        return tar.extractfile(f"package/{name}").read()


def cased(name: str) -> str:
    """Write Roman numerals in capitals again: `Madang Suku Ii` to `Madang Suku II`."""
    words = [w.upper() if ROMAN.fullmatch(w) else w for w in name.split()]
    return " ".join(w[:1].upper() + w[1:] for w in words)


def villages(package: Path) -> pd.DataFrame:
    """Read the villages of the three regencies out of the package."""
    table = pd.DataFrame(json.loads(member(package, "data/json/data.json")))
    table = table[table["code"].str[:5].isin(REGENCIES)]
    return pd.DataFrame(
        {
            "code": table["code"],
            "name": table["village"].map(cased),
            "level": "village",
            "parent_code": table["code"].str[:8],
            "postal_code": table["postal"].astype(int).map("{:05d}".format),
            "longitude": table["longitude"].round(6),
            "latitude": table["latitude"].round(6),
            "district": table["district"].map(cased),
            "regency": table["city"].str.removeprefix("Kabupaten "),
            "printed": table["village"],
        }
    )


def coarser(table: pd.DataFrame, level: str, length: int) -> pd.DataFrame:
    """Summarise villages to their districts (8 characters of code) or regencies (5)."""
    groups = table.groupby(table["code"].str[:length])
    if (groups[level].nunique() != 1).any():
        sys.exit(f"a {level} code carries two names in the package")
    result = groups.agg(
        name=(level, "first"), longitude=("longitude", "median"), latitude=("latitude", "median")
    ).round(6)
    result = result.rename_axis("code").reset_index()
    parent = result["code"].str[:5] if level == "district" else ""
    return result.assign(level=level, parent_code=parent, postal_code="")


def compare(table: pd.DataFrame, oracle: Path) -> None:
    """Print how the names differ from the second list; stop where the codes do."""
    other = pd.concat(
        pd.read_csv(io.BytesIO(member(oracle, f"data/{file}.csv")), dtype=str)[["code", "name"]]
        for file in ("regencies", "districts", "villages")
    )
    other = other[other["code"].str[:5].isin(REGENCIES)].set_index("code")["name"]
    ours = table.set_index("code")["name"]
    if set(ours.index) != set(other.index):
        sys.exit(f"codes differ: {sorted(set(ours.index) ^ set(other.index))}")
    theirs = other[ours.index].str.replace(r"^kabupaten ", "", case=False, regex=True)
    for code in ours.index[ours.str.casefold() != theirs.str.casefold()]:
        print(f"{code}: {ours[code]!r} here, {other[code]!r} there")
    print(f"{len(ours)} codes and parents agree")


def main() -> None:
    """Build the file and print its checksum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--oracle", type=Path)
    options = parser.parse_args()
    found = hashlib.sha256(options.package.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{options.package} has SHA-256 {found}, not that of geografis 1.3.2")

    table = villages(options.package)
    printed = table.set_index("code")["printed"]
    table["name"] = table["code"].map(CORRECTIONS).fillna(table["name"])
    table = pd.concat([coarser(table, "regency", 5), coarser(table, "district", 8), table])
    columns = ["code", "name", "level", "parent_code", "postal_code", "longitude", "latitude"]
    table = table[columns]
    if options.oracle:
        compare(table, options.oracle)

    file = HERE / "gazetteer.csv"
    table.to_csv(file, index=False, lineterminator="\n", float_format="%.6f")
    aliases = HERE / "aliases.csv"
    if not aliases.exists():
        with aliases.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["alias", "code", "source"])
            writer.writerows([printed[code], code, "geografis"] for code in CORRECTIONS)
    print(table["level"].value_counts().to_string())
    print(f"{file.name} SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
