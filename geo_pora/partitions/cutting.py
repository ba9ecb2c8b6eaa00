"""Cutting large CSV and Parquet files into parts, at the ends of records."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from geo_pora.errors import InputError

_LONGEST = 1_000_000
"""A record with more bytes is no record: a quotation mark was left open."""
_QUOTED = re.compile(rb'(^|[,;\t|])"(?:[^"]|"")*+"')
_REST = re.compile(rb'(?:[^"]|"")*+"')
_OPEN = re.compile(rb'(?:^|[,;\t|])"')
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How text begins whose line ends are more than one byte."""


@dataclass(frozen=True)
class Part:
    """A part of a file.

    Attributes
    ----------
    source : Path
        The file.
    span : (int, int) or None
        Bytes of a CSV file after its header, or row groups of a Parquet file, the end not
        included; None for the whole file.
    """

    source: Path
    span: tuple[int, int] | None = None

    def write(self, path: Path) -> None:
        """Write the part to a file of its own, with the header of its source."""
        if self.span is None:
            shutil.copyfile(self.source, path)
        elif _is_parquet(self.source):
            self._write_row_groups(path)
        else:
            self._write_records(path)

    def _write_row_groups(self, path: Path) -> None:
        first, end = self.span or (0, 0)
        with pq.ParquetFile(self.source) as file, pq.ParquetWriter(path, file.schema_arrow) as out:
            for number in range(first, end):
                out.write_table(file.read_row_group(number))

    def _write_records(self, path: Path) -> None:
        first, end = self.span or (0, 0)
        with self.source.open("rb") as file, path.open("wb") as out:
            header = next(_records(file))
            file.seek(0)
            out.write(file.read(header))
            file.seek(first)
            left = end - first
            while left and (chunk := file.read(min(left, 2**20))):
                out.write(chunk)
                left -= len(chunk)


def cut(source: Path, part_bytes: int) -> list[Part]:
    """Cut a file into parts of about so many bytes.

    Parameters
    ----------
    source : Path
        CSV in an encoding that keeps ASCII (UTF-8, Windows-1252), or Parquet. Any other file,
        and one whose records cannot be told apart, is one part.
    part_bytes : int
        A part ends with the record, or the row group, that reaches this size.

    Returns
    -------
    list of Part
        In the order of the file; together every record once.

    Raises
    ------
    InputError
        If a Parquet file cannot be read.
    """
    if source.stat().st_size <= part_bytes:
        return [Part(source)]
    if _is_parquet(source):
        ends = list(_row_groups(source, part_bytes))
    elif source.suffix.lower() in (".csv", ".tsv", ".txt"):
        ends = list(_blocks(source, part_bytes))
    else:
        ends = []
    return [Part(source, span) for span in pairwise(ends)] or [Part(source)]


def _is_parquet(source: Path) -> bool:
    return source.suffix.lower() in (".parquet", ".geoparquet", ".pq")


def _row_groups(source: Path, part_bytes: int) -> Iterator[int]:
    """Yield the numbers of the row groups at which parts begin, and the end."""
    try:
        about = pq.read_metadata(source)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{source.name} is no Parquet file that can be read: {error}") from None
    size = 0
    for number in range(about.num_row_groups):
        if size == 0:
            yield number
        size += about.row_group(number).total_byte_size
        if size >= part_bytes:
            size = 0
    yield about.num_row_groups


def _blocks(source: Path, part_bytes: int) -> Iterator[int]:
    """Yield the bytes at which parts begin, and the end; nothing where that is not sure."""
    with source.open("rb") as file:
        if file.read(2) in _WIDE:
            return
        file.seek(0)
        try:
            ends = list(_ends(_records(file), part_bytes))
        except InputError:
            return
    yield from ends


def _ends(records: Iterator[int], part_bytes: int) -> Iterator[int]:
    at = begin = next(records, 0)
    yield begin
    for size in records:
        at += size
        if at - begin >= part_bytes:
            yield (begin := at)
    if at > begin:
        yield at


def _records(file: IO[bytes]) -> Iterator[int]:
    """Yield the bytes of each record of a CSV file, line breaks within quotes included."""
    file.seek(0)
    size, inside = 0, False
    for line in file:
        size += len(line)
        inside = _within_quotes(line, inside)
        if not inside:
            yield size
            size = 0
        elif size > _LONGEST:
            raise InputError("a quotation mark is never closed")
    if size:
        yield size


def _within_quotes(line: bytes, inside: bool) -> bool:
    """Tell whether a quoted cell goes on after the line, given whether one does before it."""
    if b'"' not in line:
        return inside
    if inside:
        end = _REST.match(line)
        if end is None:
            return True
        line = b"x" + line[end.end() :]
    return _OPEN.search(_QUOTED.sub(b"\\1", line)) is not None
