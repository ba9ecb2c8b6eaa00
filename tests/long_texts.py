"""Long texts for the guarded child, which can import this module and none beside it."""

from geo_pora.reports import identity


def mask(units):
    for unit in units:
        identity.mask(unit * 20_000)
    return len(units)
