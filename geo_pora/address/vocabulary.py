"""Words of Indonesian addresses: markers, road words, directions. Language, not places."""

from __future__ import annotations

import re

from geo_pora.gazetteer import normalise


def _table(kinds: dict[str, str]) -> dict[str, str]:
    return {word: kind for kind, words in kinds.items() for word in words.split()}


# The word that says what the next words name.
MARKERS = _table(
    {
        "road": "JL JLN JALAN JLAN JLNRAYA JALN GG GANG LR LRG LORONG",
        "village": "DESA DS DES KEL KELURAHAN KLRHN PEKON NAGARI",
        "district": "KEC KECAMATAN KCMTN KECMATAN",
        "regency": "KAB KABUPATEN KODYA KOTAMADYA KOTIP",
        "province": "PROV PROVINSI PROPINSI PROP",
        "hamlet": "DUSUN DSN DUS KP KPG KAMPUNG KAMP LINGKUNGAN LK",
        "block": "BLOK BLK",
        "rt": "RT",
        "rw": "RW RK",
        "number": "NO NOMOR NOMER NMR",
        "km": "KM KILOMETER",
        "canal": "BK",  # a point on the main canal of Komering (bendungan Komering): BK 9
        "postal": "KODE POS KODEPOS",
    }
)
# What is only marked by a number, after which something new begins.
NUMBERED = frozenset({"rt", "rw", "number", "km", "canal", "block", "postal"})
# A road that is named after where it leads. They open a road also without its marker.
LEADING = frozenset(
    {"RAYA", "LINTAS", "POROS", "ARAH", "MENUJU", "JURUSAN", "WISATA", "KE", "SIMPANG"}
)
# Of these, the ones that say that the place named is elsewhere.
TOWARDS = frozenset({"ARAH", "MENUJU", "JURUSAN", "KE"})
OPENS_ROAD = frozenset({"RAYA", "LINTAS", "POROS", "ARAH", "MENUJU", "JURUSAN"})
# What opens the name of an institution, which may name a place that it serves or was split
# from: SMP N 1 Belitang, Indomaret Muaradua, BRI Unit Martapura.
INSTITUTIONS = frozenset(
    _table(
        {
            "school": "SD SDN SDIT MI MIN MIS SMP SMPN SMPIT MTS MTSN SMA SMAN SMK SMKN MA MAN TK "
            "PAUD SLB PKBM PONPES PESANTREN YAYASAN UNIVERSITAS SEKOLAH MADRASAH",
            "health": "PUSKESMAS PKM PUSTU POSKESDES POSYANDU KLINIK APOTEK APOTIK BIDAN RS RSUD "
            "RUMAH",
            "office": "POLSEK POLRES POLISI KORAMIL KODIM KUA KANTOR DINAS UPTD PLN PDAM TELKOM",
            "trade": "BANK BRI BNI BCA MANDIRI BSI ATM PEGADAIAN KOPERASI KUD INDOMARET ALFAMART "
            "ALFA MINIMARKET TOKO WARUNG RM RESTORAN CAFE SALON BENGKEL DEALER SPBU PT CV UD "
            "PABRIK GUDANG",
            "lodging": "MESS CAMP HOTEL PENGINAPAN WISMA LOSMEN",
            "worship": "MASJID MUSHOLA MUSHOLLA MUSALA LANGGAR GEREJA VIHARA",
            "station": "STASIUN TERMINAL",
        }
    )
)
# Of these, the ones whose own name follows, which is chosen for its sound: CV Karya Jaya.
COMPANIES = frozenset({"PT", "CV", "UD", "TOKO", "WARUNG", "RM", "BENGKEL", "SALON"})
# Before a place that is not the place itself.
NEARBY = frozenset({"DEKAT", "DKT"})
# A town, and the huts by a village's fields: before its name they are no part of it.
SETTLEMENTS = frozenset({"KOTA", "TALANG"})
# After a name, the middle of what it names: Martapura Kota.
WHICH = frozenset({"KOTA", "INDUK", "PUSAT"})
# An office that each district has, so that its name says which: Kantor Camat Buay Madang.
DISTRICT_OFFICES = frozenset({"CAMAT", "KUA"})
# Words that say where in a place, and are no slips of its name: Pusat Desa is not in Pusar.
COMMON = INSTITUTIONS | frozenset(
    _table(
        {
            "where": "PUSAT DEKAT DEPAN SAMPING BELAKANG SEBELAH SEBERANG DALAM LUAR ATAS BAWAH",
            "building": "PASAR KOMPLEK KOMPLEKS PERUMAHAN PERUM ASRAMA KAMPUS LAPANGAN TAMAN "
            "JEMBATAN BALAI GEDUNG LANTAI RUKO KIOS KONTRAKAN",
            "land": "KEBUN SAWAH HUTAN PERKEBUNAN PERTANIAN SUNGAI BATANG",
            "number": "SATU DUA TIGA EMPAT LIMA RIBU SUKU",
            "person": "CAMAT LURAH KEPALA KETUA BAPAK IBU",
            "which": "BESAR KECIL INDUK CABANG TIMUR BARAT UTARA SELATAN TENGAH NEGERI NEGARA "
            "SWASTA UMUM",
        }
    )
)
# Directions as people shorten them.
DIRECTIONS = _table(
    {
        "TIMUR": "TIM TMR TIMR",
        "BARAT": "BAR BRT BRAT",
        "SELATAN": "SEL SLT SLTN",
        "UTARA": "UTR",
        "TENGAH": "TENG TGH TNGH",
        "ULU": "HULU",  # upstream and downstream, with and without their h
        "ILIR": "HILIR",
    }
)
DIRECTION_WORDS = frozenset({*DIRECTIONS.values(), "ULU", "ILIR", "LAMA", "BARU"})
# English says after the name what it names: Belitang District, East OKU Regency.
ENGLISH = {
    "DISTRICT": "district",
    "SUBDISTRICT": "district",
    "REGENCY": "regency",
    "VILLAGE": "village",
    "PROVINCE": "province",
    "SUB": "",
    "OF": "",
}
# The province we are in, and the country: said in most full addresses, decides nothing.
OURS = frozenset(
    {
        "SOUTHSUMATRA",
        "SOUTHSUMATERA",
        "SUMATERASELATAN",
        "SUMATRASELATAN",
        "SUMSEL",
        "SUMBAGSEL",
        "INDONESIA",
        "SUMATERA",
        "SUMATRA",
    }
)
# Where three, four or five roads meet, before it is the name of a village.
JUNCTIONS = frozenset({"SIMPANG TIGA", "SIMPANG EMPAT", "SIMPANG LIMA"})
# Numbers as words: Batumarta Dua; and as digits where the name has the word: Simpang 3.
NUMBER_WORDS = {
    "SATU": "1",
    "DUA": "2",
    "TIGA": "3",
    "EMPAT": "4",
    "LIMA": "5",
    "ENAM": "6",
    "TUJUH": "7",
    "DELAPAN": "8",
}
NUMBER_DIGITS = {digit: word for word, digit in NUMBER_WORDS.items()}
# Between a settlement and its number: Batumarta Unit VI.
UNITS = frozenset({"UNIT", "UPT"})

VOWELS = frozenset("AIUEO")

_DOUBLED = re.compile(r"([A-Z])\1+")
# The weak e before l and r is often left out: Blitang, Bringin, Pracak.
_WEAK_E = re.compile(r"(?<=[BCDGKPST])E(?=[LR][AIUO])")
_FOLDS = (("IA", "YA"), ("IO", "YO"), ("F", "P"), ("V", "P"), ("DH", "D"), ("TH", "T"), ("KH", "H"))


def fold(word: str) -> str:
    """Write a compact name by its sound: Fajar and Pajar, Mulia and Mulya, doubled letters."""
    for written, sounded in _FOLDS:
        word = word.replace(written, sounded)
    # Doubled letters sound as one; doubled digits are another number: Batumarta XI.
    return _WEAK_E.sub("", _DOUBLED.sub(r"\1", word))


def fold_javanese(word: str) -> str:
    """Fold also o to a: Javanese writes one sound both ways (Mulyo and Mulya, Suko and Suka)."""
    return fold(word).replace("O", "A")


def canonical(word: str) -> tuple[str, ...]:
    """Return a word's normal form; one written in camel case gives several."""
    return tuple(DIRECTIONS.get(part, part) for part in normalise(word).split())


def without_units(words: tuple[str, ...]) -> tuple[str, ...]:
    """Drop `Unit` between a settlement and its number: Batumarta Unit VI."""
    return tuple(
        word
        for i, word in enumerate(words)
        if not (word in UNITS and 0 < i < len(words) - 1 and words[i + 1].isdigit())
    )
