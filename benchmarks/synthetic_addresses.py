"""Addresses of institutions as people write them, made from the gazetteer with known truth.

Every text is drawn from a seed: a village or district, the way its levels are marked, what
institution, road or landmark stands before them, their order, abbreviations, capitals, lost
spaces, postal codes and slips of the keyboard. The words around the names are Indonesian
usage, not taken from any list of real addresses. Made texts show weaknesses by kind; they
cannot show how often real writers mean another place than they name, so their reliability
is an upper bound.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pandas as pd

from geo_pora.gazetteer import Gazetteer, compact

VILLAGE_MARKERS = ("Desa ", "Ds. ", "Ds.", "DESA ", "Desa: ", "Kel. ", "Kel.", "Kelurahan ", "Ds ")
DISTRICT_MARKERS = ("Kec. ", "Kec.", "Kecamatan ", "KEC ", "KEC. ", "Kec ", "kec. ", "Kec : ")
REGENCY_NAMES = {
    "16.01": ("Ogan Komering Ulu", "OKU", "O.K.U."),
    "16.08": ("Ogan Komering Ulu Timur", "OKU Timur", "Oku Timur", "OKUT", "OKU TIMUR"),
    "16.09": ("Ogan Komering Ulu Selatan", "OKU Selatan", "Oku Selatan", "OKUS", "OKU SELATAN"),
}
INSTITUTIONS = (
    "SD Negeri {n}",
    "SDN {n}",
    "SMP N {n}",
    "SMA Negeri {n}",
    "MI Nurul Huda",
    "MTs Al Falah",
    "Puskesmas",
    "Pustu",
    "Polsek",
    "Indomaret",
    "Alfamart",
    "BRI Unit",
    "Masjid Al Ikhlas",
    "Kantor Desa",
    "TK Pertiwi",
    "Toko Sinar Jaya",
    "PT Sumber Rezeki",
)
ROADS = (
    "Jl. Jend. Sudirman",
    "Jln Ahmad Yani No. {n}",
    "JL. MERDEKA",
    "Jalan Pahlawan No {n}",
    "Jl. Lintas Sumatera Km. {n}",
    "Jl. Raya",
    "Jln. Lintas Sumatera",
    "Jl.Veteran No.{n}",
    "Jl. Protokol",
    "Jl. Masjid Raya",
)
DETAILS = (
    "RT {n} RW {n}",
    "RT.0{n}/RW.0{n}",
    "Dusun II",
    "Dusun {n}",
    "Dsn. III RT 0{n}",
    "Lk. II",
    "Blok C",
    "Gang Mawar",
    "No. 12 RT 02/03 Dusun II",
    "Kampung Baru Tengah",
)
PROVINCES = ("", "", "", ", Sumatera Selatan", ", Sumsel", " SUMATERA SELATAN")
VOWELS = str.maketrans("aieou", "eieao")


class Writer:
    """Writes addresses; two with the same seed write the same.

    Parameters
    ----------
    gazetteer : Gazetteer
    seed : int
    """

    def __init__(self, gazetteer: Gazetteer, seed: int) -> None:
        self.gazetteer = gazetteer
        self.random = random.Random(seed)
        self.villages = gazetteer.codes("village")
        self.districts = gazetteer.codes("district")
        rows = gazetteer.areas.set_index("code")
        self.points = rows.loc[self.districts, ["longitude", "latitude"]]
        self.postal = rows["postal_code"].to_dict()

    def name(self, code: str) -> str:
        """Write a name in full, with other spacing or in capitals."""
        name = self.gazetteer.name_of(code)
        chance = self.random.random()
        if chance < 0.12:
            return name.upper()
        if chance < 0.18:
            return name.replace(" ", "", 1) if len(name) < 14 else name
        if chance < 0.22:
            return name.lower()
        return name

    def near(self, code: str) -> str:
        """Return one of the eight districts around, none that has a village of this name."""
        name = self.gazetteer.name_of(code)
        own = {other[:8] for other in self.gazetteer.named(name)} | {code[:8]}
        place = self.points.loc[code[:8]]
        far = ((self.points - place) ** 2).sum(axis=1).sort_values()
        return str(self.random.choice([d for d in far.index if d not in own][:8]))

    def slip(self, name: str) -> str:
        """Write a name with one slip, in a word of five letters or more, after its first letter."""
        words = name.split()
        long = [i for i, word in enumerate(words) if len(word) > 4]
        if not long:
            return name
        i = self.random.choice(long)
        word = words[i]
        at = self.random.randrange(1, len(word) - 1)
        kind = self.random.choice(("double", "drop", "swap", "vowel", "y", "h"))
        made = {
            "double": word[: at + 1] + word[at:],
            "drop": word[:at] + word[at + 1 :],
            "swap": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            "vowel": word[:at] + word[at].translate(VOWELS) + word[at + 1 :],
            "y": word.replace("j", "y", 1) if "j" in word else word.replace("ya", "ia"),
            "h": word[0] + word[1:].replace("h", "", 1),
        }[kind]
        words[i] = made
        return " ".join(words)

    def mistyped(self, code: str) -> str:
        """Write a name with one slip, sometimes in capitals."""
        name = self.slip(self.gazetteer.name_of(code))
        return name.upper() if self.random.random() < 0.15 else name

    def filled(self, pattern: str) -> str:
        """Fill in small numbers."""
        while "{n}" in pattern:
            pattern = pattern.replace("{n}", str(self.random.randint(1, 9)), 1)
        return pattern

    def pick(self, choices: tuple[str, ...]) -> str:
        """Return one of the choices, filled in."""
        return self.filled(self.random.choice(choices))

    def before(self) -> str:
        """Return what stands before the names of the places: a road, a detail, both, nothing."""
        made = [self.pick(ROADS)] if self.random.random() < 0.6 else []
        if self.random.random() < 0.4:
            made.append(self.pick(DETAILS))
        joint = self.random.choice((" ", ", ", ", "))
        return joint.join(made) + joint if made else ""

    def regency(self, code: str) -> str:
        """Return the regency, marked or not."""
        name = self.random.choice(REGENCY_NAMES[code[:5]])
        return self.random.choice(("Kab. ", "Kabupaten ", "Kab.", "", "")) + name

    def tail(self, code: str, regency: bool | None = None) -> str:
        """Return what ends an address: regency, province, postal code."""
        with_regency = self.random.random() < 0.4 if regency is None else regency
        made = self.random.choice((", ", " ")) + self.regency(code) if with_regency else ""
        made += self.random.choice(PROVINCES)
        if code in self.postal and isinstance(self.postal[code], str):
            made += f" {self.postal[code]}" if self.random.random() < 0.3 else ""
        return made

    def full(self, code: str) -> str:
        """Write both levels marked, in either order."""
        village = self.random.choice(VILLAGE_MARKERS) + self.name(code)
        district = self.random.choice(DISTRICT_MARKERS) + self.name(code[:8])
        parts = [village, district] if self.random.random() < 0.85 else [district, village]
        return self.before() + self.random.choice((" ", ", ", "/")).join(parts) + self.tail(code)

    def typed(self, code: str) -> str:
        """Write both levels marked, one of them with a slip."""
        slipped = self.random.randrange(2)
        names = [
            self.mistyped(of) if at == slipped else self.name(of)
            for at, of in enumerate((code, code[:8]))
        ]
        village = self.random.choice(VILLAGE_MARKERS) + names[0]
        return (
            f"{self.before()}{village} {self.random.choice(DISTRICT_MARKERS)}{names[1]}"
            f"{self.tail(code)}"
        )

    def unmarked(self, code: str) -> str:
        """Write village and district side by side without markers."""
        joint = self.random.choice((" ", " ", ", "))
        return f"{self.before()}{self.name(code)}{joint}{self.name(code[:8])}{self.tail(code)}"

    def village_marked(self, code: str) -> str:
        """Write the village marked, no district."""
        marker = self.random.choice(VILLAGE_MARKERS)
        return f"{self.before()}{marker}{self.name(code)}{self.tail(code)}"

    def village_mistyped(self, code: str) -> str:
        """Write the village marked with a slip, no district."""
        marker = self.random.choice(VILLAGE_MARKERS)
        return f"{self.before()}{marker}{self.mistyped(code)}{self.tail(code)}"

    def village_bare(self, code: str) -> str:
        """Write the village after an institution, a road or a detail, unmarked."""
        first = self.before() if self.random.random() < 0.5 else self.pick(INSTITUTIONS) + " "
        return f"{first}{self.name(code)}{self.tail(code)}"

    def village_on_another_road(self, code: str) -> str:
        """Write the village marked, on a road that is named after another district."""
        other = self.near(code)
        kind = self.random.choice(("Jl. Raya ", "Jln. Lintas ", "Jl. Poros ", "Jalan "))
        marker = self.random.choice(VILLAGE_MARKERS)
        return f"{kind}{self.name(other)}, {marker}{self.name(code)}{self.tail(code, False)}"

    def district_marked(self, code: str) -> str:
        """Write the district alone, marked."""
        marker = self.random.choice(DISTRICT_MARKERS)
        return f"{self.before()}{marker}{self.name(code[:8])}{self.tail(code[:8])}"

    def district_mistyped(self, code: str) -> str:
        """Write the district alone, marked, with a slip."""
        marker = self.random.choice(DISTRICT_MARKERS)
        return f"{self.before()}{marker}{self.mistyped(code[:8])}{self.tail(code[:8])}"

    def district_last(self, code: str) -> str:
        """Write the district alone, unmarked, after a road or a detail."""
        before = self.pick(ROADS) + self.random.choice((" ", ", "))
        if self.random.random() < 0.5:
            before += self.pick(DETAILS) + self.random.choice((" ", ", "))
        return f"{before}{self.name(code[:8])}{self.tail(code[:8])}"

    def district_of_an_institution(self, code: str) -> str:
        """Write an institution named after its district."""
        return f"{self.pick(INSTITUTIONS)} {self.name(code[:8])}{self.tail(code[:8])}"

    def another_district_road(self, code: str) -> str:
        """Write a road named after another district and nothing else: abstaining is right."""
        other = self.near(code)
        kind = self.random.choice(("Jl. Raya ", "Jln. Lintas ", "Jl. Poros ", "Jl. Arah "))
        return f"{kind}{self.name(other)} {self.filled('No. {n}')}"


STYLES: tuple[Callable[[Writer, str], str], ...] = (
    Writer.full,
    Writer.typed,
    Writer.unmarked,
    Writer.village_marked,
    Writer.village_mistyped,
    Writer.village_bare,
    Writer.village_on_another_road,
    Writer.district_marked,
    Writer.district_mistyped,
    Writer.district_last,
    Writer.district_of_an_institution,
    Writer.another_district_road,
)


def addresses(gazetteer: Gazetteer, each: int = 400, seed: int = 20) -> pd.DataFrame:
    """Return made addresses.

    Parameters
    ----------
    gazetteer : Gazetteer
    each : int
        Number of texts of each style.
    seed : int

    Returns
    -------
    DataFrame
        `text`, `style`, `village_code`, `district_code`, and `shared`: the text names
        nothing but a village, and villages of other districts have its name too.
    """
    writer = Writer(gazetteer, seed)
    bearers: dict[str, set[str]] = {}
    for code in writer.villages:
        bearers.setdefault(compact(gazetteer.name_of(code)), set()).add(code[:8])
    rows = []
    for style in STYLES:
        for _ in range(each):
            code = writer.random.choice(writer.villages)
            alone = style.__name__.startswith("village")
            shared = alone and len(bearers[compact(gazetteer.name_of(code))]) > 1
            rows.append((style(writer, code), style.__name__, code, code[:8], shared))
    columns = ["text", "style", "village_code", "district_code", "shared"]
    return pd.DataFrame(rows, columns=columns)
