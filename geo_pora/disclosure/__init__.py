"""The gate: what each audience may see, and what is hidden so that it stays hidden.

Nothing but what passed through here reaches a map, a file or a phone. The
rules, the attacks they were held against and their limits: docs/disclosure.md.
"""

from geo_pora.disclosure.attack import attack, bites, told_by
from geo_pora.disclosure.bounds import Bound
from geo_pora.disclosure.cells import Counts
from geo_pora.disclosure.gate import disclose, disclose_together
from geo_pora.disclosure.policy import Audience, Policy
from geo_pora.disclosure.spots import NONE_OR_INSUFFICIENT, Spots, Windows, WindowsOf
from geo_pora.disclosure.suppress import OnProgress
from geo_pora.disclosure.table import (
    HIDDEN,
    NO_DATA,
    PUBLISHED,
    STATUSES,
    TOTAL,
    ZERO,
    Disclosed,
    masked_classes,
)

__all__ = [
    "HIDDEN",
    "NONE_OR_INSUFFICIENT",
    "NO_DATA",
    "PUBLISHED",
    "STATUSES",
    "TOTAL",
    "ZERO",
    "Audience",
    "Bound",
    "Counts",
    "Disclosed",
    "OnProgress",
    "Policy",
    "Spots",
    "Windows",
    "WindowsOf",
    "attack",
    "bites",
    "disclose",
    "disclose_together",
    "masked_classes",
    "told_by",
]
