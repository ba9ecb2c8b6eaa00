"""Bytes of a text file to UTF-8: the encoding is found out once, from the whole file."""

from __future__ import annotations

import codecs
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from geo_pora.errors import InputError

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What Windows writes in Indonesia, and where a file comes from a company's head office.
_ASIAN = ["gb18030", "big5", "shift_jis", "euc_kr", "cp949"]
_SAMPLE = 32 << 10


@dataclass(frozen=True)
class Scan:
    """What one pass over a file tells: its hash, and how its text is encoded.

    Attributes
    ----------
    sha256 : str
        Of the file's bytes.
    encoding : str
        Name of a codec.
    damaged : int
        Bytes that are no character in that encoding and are read as U+FFFD.
    """

    sha256: str
    encoding: str
    damaged: int = 0


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def scan(path: Path) -> Scan:
    """Read a file once and find out its encoding.

    The order: a byte-order mark; UTF-16 without one, by its zero bytes; UTF-8 where the whole
    file is valid; UTF-8 with damage where nearly all of it is; an Asian encoding where
    charset-normalizer is sure; Windows-1252 and, where that has no such byte, Latin-1.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, odd = True, bytearray()
    head = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            head = head or chunk
            if valid:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    valid = False
            if len(odd) < _SAMPLE and not chunk.isascii():
                lines = (line for line in chunk.split(b"\n") if not line.isascii())
                odd += b"\n".join(lines)[:_SAMPLE]
    if valid:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    found = _marked(head) or _wide(head)
    if found:
        return Scan(digest.hexdigest(), found)
    if valid:
        return Scan(digest.hexdigest(), "utf-8")
    return Scan(digest.hexdigest(), *_guess(bytes(odd)))


def _marked(head: bytes) -> str:
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")


def _wide(head: bytes) -> str:
    """Recognise UTF-16 without a mark: every other byte of plain text is zero."""
    sample = head[:4096]
    if len(sample) < 8 or sample.count(0) < len(sample) // 4:
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"


def _guess(odd: bytes) -> tuple[str, int]:
    """Choose for text with bytes above 127 that is not valid UTF-8 as a whole."""
    text = odd.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    multibyte = sum(character > "\x7f" and character != "\ufffd" for character in text)
    if multibyte > damaged:
        return "utf-8", damaged
    from charset_normalizer import from_bytes

    best = from_bytes(odd, cp_isolation=[*_ASIAN, "cp1252"], preemptive_behaviour=False).best()
    if best is not None and best.encoding in _ASIAN and best.coherence >= 0.5:
        return best.encoding, 0
    try:
        odd.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1", 0
    return "cp1252", 0


class Utf8Stream(io.RawIOBase):
    """A file in any encoding, read as UTF-8 without zero bytes.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        As `scan` found it.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open("rb")
        plain = encoding in ("utf-8", "utf-8-sig")
        self._decoder = None
        if not plain:
            try:
                self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            except LookupError:
                raise InputError(f"{path.name}: save the file as CSV UTF-8") from None
        elif encoding == "utf-8-sig":
            self._file.seek(len(codecs.BOM_UTF8))
        self._lossy = codecs.getincrementaldecoder("utf-8")("replace")
        self._strict = True

    def readable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def next_chunk(self) -> bytes:
        """Return the next megabyte or so as UTF-8; empty at the end."""
        while True:
            raw = self._file.read(4 * _CHUNK)
            if self._decoder is not None:
                text = self._decoder.decode(raw, final=not raw).encode("utf-8", "replace")
            elif self._strict and (raw.isascii() or not raw):
                text = raw
            else:
                self._strict = False  # from here on a character may straddle two chunks
                text = self._lossy.decode(raw, final=not raw).encode("utf-8", "replace")
            if b"\0" in text:
                text = text.replace(b"\0", b"")
            if text or not raw:
                return text
