"""One job over many files, or parts of large files, on many workers.

The engine is Dask (`pip install "geo-pora[dask]"`): a local cluster, or one that runs
already. What is done with a part is a job given by the caller, the same one that a single
process would run on a whole file; nothing of its logic is here.
"""

from geo_pora.partitions.cutting import Part, cut
from geo_pora.partitions.running import geocode_partitions, matching

__all__ = ["Part", "cut", "geocode_partitions", "matching"]
