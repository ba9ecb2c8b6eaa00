"""The gate: what each audience may see, and what is hidden so that it stays hidden.

Nothing but what passed through here reaches a map, a file or a phone. The
rules, the attacks they were held against and their limits: docs/disclosure.md.
"""

from geo_pora.disclosure.attack import attack
from geo_pora.disclosure.cells import Counts
from geo_pora.disclosure.gate import disclose, disclose_together
from geo_pora.disclosure.policy import Audience, Policy
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
    "NO_DATA",
    "PUBLISHED",
    "STATUSES",
    "TOTAL",
    "ZERO",
    "Audience",
    "Counts",
    "Disclosed",
    "OnProgress",
    "Policy",
    "attack",
    "disclose",
    "disclose_together",
    "masked_classes",
]
