"""What a scan reports: clusters with their figures, and the replicas behind the p-values."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from geo_pora.hotspots.zones import Floats


@dataclass(frozen=True)
class Cluster:
    """A window that the scan reports.

    Attributes
    ----------
    members : tuple
        Ids of the areas in it, nearest to the centre first.
    centre : hashable
        Id of the area at the centre.
    radius : float
        Distance from the centre to the farthest member: in the unit of the coordinates
        (``plane``), kilometres (``great-circle``) or metres (``projected``).
    first_period, last_period : int
        Positions of the first and last period in the window, both included; 0 and 0
        for a purely spatial scan.
    cases : int
        Cases in the window.
    expected : float
        Cases expected there under the null hypothesis.
    population : float
        Population of the members, averaged over the window's periods.
    relative_risk : float
        Rate inside over rate outside; infinite where all cases are inside.
    llr : float
        Log-likelihood ratio.
    p_value : float
        Monte Carlo: (1 + replicas with a ratio as large) / (1 + replicas); NaN without
        replicas. Already adjusted for the many windows.
    gumbel_p_value : float
        From a Gumbel distribution fitted to the replicas; resolves smaller p.
    """

    members: tuple[Hashable, ...]
    centre: Hashable
    radius: float
    first_period: int
    last_period: int
    cases: int
    expected: float
    population: float
    relative_risk: float
    llr: float
    p_value: float
    gumbel_p_value: float

    @property
    def observed_over_expected(self) -> float:
        """Cases per case expected."""
        return self.cases / self.expected

    @property
    def side(self) -> str:
        """``high`` or ``low``: the window's rate against the rest."""
        return "high" if self.cases > self.expected else "low"


@dataclass(frozen=True)
class ScanResult:
    """What a scan found.

    Attributes
    ----------
    clusters : tuple of Cluster
        Most likely first; those with p = 1 are left out, as SaTScan does.
    total_cases : int
    total_population : float
        Averaged over the periods.
    replica_llr : ndarray, shape (replicas,)
        Largest ratio of each replica of the null hypothesis.
    """

    clusters: tuple[Cluster, ...]
    total_cases: int
    total_population: float
    replica_llr: Floats

    def critical_value(self, alpha: float) -> float:
        """Return the ratio that a cluster must exceed to have p <= `alpha`.

        Infinite where there are too few replicas for such a p, and where there are none.
        """
        allowed = int(np.floor(alpha * (len(self.replica_llr) + 1) + 1e-9))
        if allowed < 1:
            return float("inf")
        return float(np.sort(self.replica_llr)[-allowed])

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cluster, with the columns of :class:`Cluster`."""
        columns = [*(f.name for f in fields(Cluster)), "observed_over_expected", "side"]
        rows = [[getattr(c, name) for name in columns] for c in self.clusters]
        return pd.DataFrame(rows, columns=columns)
