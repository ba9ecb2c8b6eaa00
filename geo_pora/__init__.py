"""geo_pora: reports of foreign nationals' stays to counts per area, never to persons."""

__version__ = "0.1.0"
