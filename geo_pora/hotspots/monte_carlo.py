"""The largest log-likelihood ratio over all windows, in replicas of the null hypothesis.

A replica needs no ratio for most of its windows. The ratio grows with the
count where the expectation is fixed, so a window can only raise a replica's
largest ratio if its count passes a whole number that is known beforehand. All
windows of all replicas are counted and compared in whole numbers of two
bytes, and logarithms are taken for the one in a thousand that passes. The
result is the same, but for rounding, as of the ratio of every window.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_pora.hotspots.likelihood import Rates, count_terms, expected_at
from geo_pora.hotspots.zones import Zone, Zones

Floats = NDArray[np.float64]
Counts = NDArray[np.integer]
Progress = Callable[[int, int], None]
T = TypeVar("T", bound=np.generic)

_BATCH_BYTES = 256 * 2**20
_BLOCK_BYTES = 384 * 2**10
_REFRESH = 1.1
# Of more cases than this not every count is in the tables: what a window must pass is then
# rounded towards more windows.
_COUNTS = 2**18


@dataclass(frozen=True)
class Spans:
    """Temporal windows of one length.

    Attributes
    ----------
    length : int
        Number of periods.
    first, last : int
        The first and the last period that such a window may start in.
    """

    length: int
    first: int
    last: int

    @property
    def starts(self) -> range:
        """Periods in which a window of this length starts."""
        return range(self.first, self.last + 1)

    def sums(self, cumulative: NDArray[T], out: NDArray[T] | None = None) -> NDArray[T]:
        """Return sums over these windows of what is cumulated over axis 1.

        Parameters
        ----------
        cumulative : ndarray, shape (k, periods, ...)
        out : ndarray, optional
            Contiguous room to write in, at least as large as `cumulative`.

        Returns
        -------
        ndarray, shape (k, number of windows, ...)
        """
        if self.length == cumulative.shape[1]:
            return cumulative[:, -1:]
        shape = (len(cumulative), len(self.starts), *cumulative.shape[2:])
        size = math.prod(shape)
        room = np.empty(size, dtype=cumulative.dtype) if out is None else out.reshape(-1)[:size]
        result = room.reshape(shape)
        begin = 0
        if self.first == 0:
            result[:, 0] = cumulative[:, self.length - 1]
            begin = 1
        upto = cumulative[:, self.first + begin + self.length - 1 : self.last + self.length]
        before = cumulative[:, self.first + begin - 1 : self.last]
        np.subtract(upto, before, out=result[:, begin:])
        return result


@dataclass
class _Search:
    """The largest ratio of each replica so far, and what a window must pass to raise one."""

    total: int
    rates: Rates
    min_cases: int
    best: Floats
    level: float = field(init=False, default=-1.0)

    def __post_init__(self) -> None:
        self._counts = np.arange(0, self.total, self.total // _COUNTS + 1)
        self._counts = np.append(self._counts, self.total)
        self._terms = count_terms(self._counts, self.total)
        self.refresh()

    def refresh(self) -> None:
        """Raise the level to the smallest of the largest ratios, if that is worth the work."""
        level = float(self.best.min())
        if level <= self.level * _REFRESH and self.level >= 0:
            return
        self.level = level
        if self.rates != "low":
            self._high = expected_at(self._counts, self.total, level, "high")
        if self.rates != "high":
            self._low = expected_at(self._counts, self.total, level, "low")

    def thresholds(self, expected: Floats, dtype: np.dtype) -> tuple[Counts | None, Counts | None]:
        """Return the counts at or above, and at or below, which windows are worth a ratio."""
        high = low = None
        impossible = np.iinfo(dtype).max
        usable = (expected > 0) & (expected < self.total)
        if self.rates != "low":
            after = np.append(0, self._counts + 1)
            count = after[np.searchsorted(self._high, expected, side="right")]
            count = np.maximum(count, np.floor(expected).astype(np.int64) + 1)
            count = np.where(usable, np.maximum(count, self.min_cases), impossible)
            high = count.astype(dtype)[..., np.newaxis]
        if self.rates != "high":
            before = np.append(self._counts - 1, self.total)
            count = before[np.searchsorted(self._low, expected, side="left")]
            count = np.minimum(count, np.ceil(expected).astype(np.int64) - 1)
            low = np.where(usable, count, -1).astype(dtype)[..., np.newaxis]
        return high, low

    def offer(self, counts: Counts, passed: NDArray[np.bool_], slope: Floats, base: Floats) -> None:
        """Take the ratio of the windows that passed into the largest of their replicas."""
        hits = np.flatnonzero(passed)
        if not len(hits):
            return
        window, replica = np.divmod(hits, counts.shape[-1])
        count = counts.reshape(-1)[hits] if counts.flags.c_contiguous else counts[passed]
        ratio = self._terms_of(count) - count * slope[window] - base[window]
        np.maximum.at(self.best, replica, ratio)

    def _terms_of(self, count: Counts) -> Floats:
        if len(self._counts) > self.total:
            return self._terms[count]
        return count_terms(count, self.total)


def replica_maxima(
    zones: Zones,
    expected: Floats,
    spans: list[Spans],
    total: int,
    *,
    rates: Rates,
    min_cases: int,
    replicas: int,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> Floats:
    """Return the largest log-likelihood ratio of each replica.

    Parameters
    ----------
    zones : Zones
        Candidate zones over the n locations.
    expected : ndarray, shape (n, periods)
        Cases expected under the null hypothesis; they sum to `total`.
    spans : list of Spans
        Temporal windows.
    total : int
        Cases to place at random, independently, each in a cell with probability
        proportional to its expectation.
    rates, min_cases
        As in :func:`geo_pora.hotspots.scan.spatial_scan`.
    replicas : int
    rng : numpy.random.Generator
    progress : callable, optional
        Called with work done and work in all, in arbitrary units.

    Returns
    -------
    ndarray of float64, shape (replicas,)
        0 for a replica without a window of the rate scanned for.
    """
    dtype = np.dtype(next(t for t in (np.int16, np.int32, np.int64) if total < np.iinfo(t).max))
    placed_singly = 24 * total if total < expected.size else 0
    one = expected.size * (dtype.itemsize + 8) + placed_singly
    batch = max(1, min(replicas, _BATCH_BYTES // one))
    maxima = np.zeros(replicas)
    done, work = 0, len(zones) * replicas
    for start in range(0, replicas, batch):
        size = min(batch, replicas - start)
        cumulative = _simulate(expected, total, size, rng, dtype)
        search = _Search(total, rates, min_cases, np.zeros(size))
        for zone in _scattered(zones):
            if len(zone.order):
                _scan_zone(zone, cumulative, expected, spans, search)
                search.refresh()
            done += size
            if progress is not None:
                progress(done, work)
        maxima[start : start + size] = np.maximum(search.best, 0)
    return maxima


def _scattered(zones: Zones) -> Iterator[Zone]:
    """Visit centres far apart first, so that the level to pass rises early."""
    stride = max(1, int(len(zones) ** 0.5))
    return (zones.about(c) for offset in range(stride) for c in range(offset, len(zones), stride))


def _simulate(
    expected: Floats, total: int, size: int, rng: np.random.Generator, dtype: np.dtype
) -> Counts:
    """Draw replicas, cumulated over the periods: shape (n, periods, size)."""
    share = (expected / expected.sum()).ravel()
    if total < share.size:
        edges = np.cumsum(share)
        cell = np.searchsorted(edges / edges[-1], rng.random((size, total)), side="right")
        cell += np.arange(size)[:, np.newaxis] * share.size
        drawn = np.bincount(cell.ravel(), minlength=size * share.size).reshape(size, -1)
    else:
        drawn = rng.multinomial(total, share, size=size)
    cube = np.ascontiguousarray(drawn.T, dtype=dtype).reshape(*expected.shape, size)
    return np.cumsum(cube, axis=1, dtype=dtype) if expected.shape[1] > 1 else cube


def _scan_zone(
    zone: Zone, cumulative: Counts, expected: Floats, spans: list[Spans], search: _Search
) -> None:
    """Offer all windows about one centre, a block of nested zones at a time."""
    inside = np.cumsum(np.cumsum(expected[zone.order], axis=0), axis=1)
    rest = search.total
    tables = []
    for span in spans:
        e: Floats = span.sums(inside)
        safe = np.clip(e, rest * 1e-300, np.nextafter(rest, 0))
        slope = np.log(safe) - np.log(rest - safe)
        tables.append((*search.thresholds(e, cumulative.dtype), slope, rest * np.log(rest - safe)))
    rows = max(1, _BLOCK_BYTES // cumulative[0].nbytes)
    block = np.empty((min(rows, len(zone.order)), *cumulative.shape[1:]), dtype=cumulative.dtype)
    buffer = np.empty_like(block)
    carried = np.zeros_like(block[0])
    for start in range(0, len(zone.order), rows):
        part = slice(start, min(start + rows, len(zone.order)))
        for row, location in enumerate(zone.order[part]):
            carried = np.add(carried, cumulative[location], out=block[row])
        carried = carried.copy()
        size = part.stop - part.start
        for span, (high, low, slope, base) in zip(spans, tables, strict=True):
            counts = span.sums(block[:size], buffer[:size])
            passed = _passed(counts, high, low, part)
            search.offer(counts, passed, slope[part].ravel(), base[part].ravel())


def _passed(
    counts: Counts, high: Counts | None, low: Counts | None, part: slice
) -> NDArray[np.bool_]:
    if high is None:
        assert low is not None
        return counts <= low[part]
    passed: NDArray[np.bool_] = counts >= high[part]
    if low is not None:
        passed |= counts <= low[part]
    return passed
