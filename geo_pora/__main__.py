"""`python -m geo_pora` is `geo-pora`."""

from geo_pora.cli import main

main()
