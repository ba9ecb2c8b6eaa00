"""Cells of text made clean: trimmed, without control characters, masked; all in columns."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo_pora.reports import identity, patterns

Column: TypeAlias = pa.ChunkedArray

# Spaces of any width become one plain space. Controls go, and so does what is not seen or
# turns the direction of writing: a name that looks like another is made with these.
_SPACE = r"[\s\v\x{a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]+"
_UNSEEN = (
    r"[\x00-\x1f\x7f-\x{9f}\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}"
    r"\x{fffe}\x{ffff}]+"
)


_WIDE = r"[\x{ff01}-\x{ff5e}\x{3000}]"
_HEAD = 1000  # texts from which it is told whether a column repeats itself
_DAY = r"^\d{4}-\d\d-\d\d$"
# What people and programs write into a cell that is to stay blank.
_NULLS = ["null", "NULL", "Null", "None", "nan", "NaN", "n/a", "N/A"]
_DASHES = ["-", "--", "---", "\u2013", "\u2014"]


def clean(column: Column) -> Column:
    """Return the texts with single spaces, none at the ends, and nothing that is not seen."""
    if _is_plain(column):
        column = pc.ascii_trim_whitespace(column)
        several = pc.match_substring(column, "  ")
        if pc.any(several).as_py():
            return pc.if_else(several, pc.replace_substring_regex(column, " +", " "), column)
        return column
    column = _narrow(pc.replace_substring_regex(column, _SPACE, " "))
    column = pc.replace_substring_regex(column, _UNSEEN, "")
    return pc.utf8_trim_whitespace(column)


def without_placeholders(column: Column, *, dashes: bool) -> Column:
    """Blank the cells that only say that they are blank; a dash may also mean none of a number."""
    meant = pa.array(_NULLS + _DASHES * dashes)
    said = pc.is_in(column, meant)
    return pc.if_else(said, "", column) if pc.any(said).as_py() else column


def _narrow(column: Column) -> Column:
    """Write full-width letters and digits, as Asian keyboards give them, the usual way."""
    texts = column.combine_chunks()
    wide = pc.match_substring_regex(texts, _WIDE)
    if not pc.any(wide).as_py():
        return column
    usual = [unicodedata.normalize("NFKC", text) for text in texts.filter(wide).to_pylist()]
    return pa.chunked_array([pc.replace_with_mask(texts, wide, pa.array(usual, pa.string()))])


def _is_plain(column: Column) -> bool:
    """Whether every byte is printable ASCII, from a look at the buffers."""
    for chunk in column.chunks:
        data = chunk.buffers()[2]
        if data is None or not len(chunk):
            continue
        offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)
        first, last = offsets[chunk.offset], offsets[chunk.offset + len(chunk)]
        used = np.frombuffer(data, dtype=np.uint8)[first:last]
        if used.size and (used.min() < 32 or used.max() > 126):
            return False
    return True


def mask(column: Column, counts: Counter[str], *, coordinates: bool = False) -> Column:
    """Mask what identifies persons; `counts` is told how often, by category.

    Only texts with something suspicious in them are looked at one by one, and of equal texts
    one.
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    head = column.slice(0, _HEAD)
    if pc.count_distinct(head).as_py() * 2 < len(head):
        words = column.dictionary_encode()
        often = np.bincount(words.indices.to_numpy(), minlength=len(words.dictionary))
        masked = _masked(words.dictionary, often, counts, coordinates)
        return pa.chunked_array([masked.take(words.indices)])
    often = np.ones(len(column), dtype=np.int64)
    return pa.chunked_array([_masked(column, often, counts, coordinates)])


def _masked(
    column: pa.StringArray, often: npt.NDArray[np.int64], counts: Counter[str], coordinates: bool
) -> pa.StringArray:
    """Mask each text; count each as often as it stands there."""
    suspects = pc.match_substring_regex(column, patterns.SUSPECT)
    if pc.any(suspects).as_py():
        suspects = pc.and_(suspects, pc.invert(pc.match_substring_regex(column, _DAY)))
    if not pc.any(suspects).as_py():
        return column
    coded = column.filter(suspects).dictionary_encode()
    times = np.bincount(
        coded.indices.to_numpy(), weights=often[suspects.to_numpy(zero_copy_only=False)]
    )
    masked = []
    for text, number in zip(coded.dictionary.to_pylist(), times.tolist(), strict=True):
        found: list[str] = []
        masked.append(identity.mask(text, found.append, coordinates=coordinates))
        for category in found:
            counts[category] += int(number)
    replaced = pa.array(masked, pa.string()).take(coded.indices)
    return pc.replace_with_mask(column, suspects, replaced)


def sample(column: Column, size: int = 500) -> list[str]:
    """Return the first texts that are not blank."""
    head = column.slice(0, 20 * size)
    found: list[str] = head.filter(pc.not_equal(head, "")).slice(0, size).to_pylist()
    return found


def missing_where_blank(column: Column) -> Column:
    """Return nulls for blank texts."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def join(parts: list[Column], separator: str) -> Column:
    """Join columns of text, leaving out what is missing; missing where all are.

    Arrow's own join with `null_handling="skip"` loses rows in which everything is missing.
    """
    joined = parts[0]
    for part in parts[1:]:
        both = pc.binary_join_element_wise(joined, part, separator)
        joined = pc.coalesce(both, joined, part)
    return joined
