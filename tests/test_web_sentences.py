"""Every sentence that the rooms below can say to a person on a page is known in Indonesian."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import web_fixtures as web
from babel.messages import pofile

from geo_pora.settings import Settings
from webmap import people, sentences

ROOT = Path(__file__).resolve().parents[1]
ERRORS = {"InputError", "NotFoundError", "RefusedError", "UnavailableError"}
# Whose errors and remarks a page shows; those of the command line alone may stay English.
ROOMS = (
    *("geo_pora/reports", "geo_pora/guard", "geo_pora/periods.py", "geo_pora/pipeline/intake.py"),
    *(f"geo_pora/store/{name}.py" for name in ("batches", "review", "staging", "tokens")),
    *(f"geo_pora/store/{name}.py" for name in ("named_periods", "agencies")),
    *("geo_pora/boundaries/storage.py", "webmap/people.py", "webmap/atlas.py"),
    *(f"webmap/{name}.py" for name in ("jobs", "import_jobs", "export_jobs")),
    *(f"geo_pora/pipeline/{name}.py" for name in ("releasing", "publishing")),
    *(f"geo_pora/disclosure/{name}.py" for name in ("gate", "history", "suppress")),
    *("geo_pora/releases", "geo_pora/store/releases.py", "geo_pora/exports"),
)


def template(node: ast.expr) -> str | None:
    """Return a sentence of the source with numbered gaps."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return None
    text, gaps = "", 0
    for part in node.values:
        gaps += not isinstance(part, ast.Constant)
        text += str(part.value) if isinstance(part, ast.Constant) else f"{{{gaps}}}"
    return text


def said_in(file: Path) -> Iterator[str]:
    """Yield the sentences of a module's errors and remarks."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = ast.unparse(node.func)
        if name in ERRORS or name.endswith("remarks.append"):
            sentence = template(node.args[0])
            if sentence:
                yield sentence


def catalogue() -> dict[str, str]:
    found = pofile.read_po(BytesIO(sentences.CATALOGUE.read_bytes()))
    return {str(one.id): str(one.string) for one in found if one.id}


def test_every_sentence_of_the_rooms_is_known_in_indonesian() -> None:
    files = [
        file
        for room in ROOMS
        for file in ([ROOT / room] if room.endswith(".py") else sorted((ROOT / room).glob("*.py")))
    ]
    said = {sentence for file in files for sentence in said_in(file)}
    said |= {str(field.description) for field in Settings.model_fields.values()}
    assert len(said) > 90
    assert said - set(catalogue()) == set(), "add them to translations/id/.../sentences.po"


def test_gaps_survive_translation() -> None:
    for sentence, words in catalogue().items():
        gaps = set(re.findall(r"\{(\d)\}", sentence))
        assert set(re.findall(r"\{(?:said)?(\d)\}", words)) <= gaps, sentence
        assert words, sentence


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (
            "a.csv: the file is empty; send one with a header and rows",
            "a.csv: berkas kosong; kirim berkas dengan baris judul dan isi",
        ),
        (
            "column 'No. Paspor' not kept: passport",
            "kolom 'No. Paspor' tidak disimpan: nomor paspor",
        ),
        (
            "x {1}: y: the file is a picture, not a report",
            "x {1}: y: berkas ini gambar, bukan laporan",
        ),
        (
            "there is an account email already: choose another name",
            "akun email sudah ada: pilih nama lain",
        ),
        ("something new", "something new"),
        ("", ""),
        ("{1} \\1 \n is no e-mail address", "{1} \\1 \n bukan alamat surel"),
    ],
)
def test_sentences_with_what_they_name(sentence: str, words: str) -> None:
    assert sentences.indonesian(sentence) == words


def test_a_page_says_what_is_wrong_in_its_own_language(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False)
    admin = web.sign_in(app, "admin", ["administrator"])
    people.add(app, "siti", ["planner"], actor="test")
    again = {"name": "siti", "role": "planner"}
    assert "akun siti sudah ada: pilih nama lain" in admin.post("/admin/accounts", data=again).text
    admin.set_cookie("language", "en")
    assert "there is an account siti already" in admin.post("/admin/accounts", data=again).text
