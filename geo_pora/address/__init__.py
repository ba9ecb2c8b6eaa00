"""Indonesian address text to marked parts and candidate areas.

`parse` reads the marked parts alone; a `Matcher` finds the areas of a gazetteer
that an address names, with probabilities. Every rule and its example is in
docs/geocoding.md.
"""

from __future__ import annotations

from geo_pora.address.matcher import Match, Matcher
from geo_pora.address.parts import Address, parse
from geo_pora.address.tokens import MAX_LENGTH, may_be_name, may_hold_point

__all__ = ["MAX_LENGTH", "Address", "Match", "Matcher", "may_be_name", "may_hold_point", "parse"]
