"""Points to areas: for each point the area that covers it, exactly as GEOS says."""

from geo_pora.locator.index import Locator

__all__ = ["Locator"]
