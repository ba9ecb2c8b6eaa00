"""Untrusted files are parsed in a child process with limits and without a network.

A parser in native code (a spreadsheet, a vector file) can abort, loop, fill the memory, read
other files or open sockets when its input says so. `call` runs one function of ours in a fresh
interpreter that has given all of this up before it looks at the file:

- limits on memory, CPU and wall-clock time; no core file; files cannot grow;
- an empty network namespace (where the kernel allows) and no sockets or programs from Python;
- Landlock (where the kernel has it): no writing and no programs at all, reading only of the
  interpreter, its libraries, our code and the files named in the arguments;
- an environment of six variables, so no secret of the parent is in reach.

The parent sends pickled arguments, which are its own. The child answers with JSON, Arrow and
WKB, **never pickle**: who takes over the child through a parser must not take over the parent.
So a result is made of None, bool, int, float, str, bytes, lists, dicts with text keys,
`pyarrow.Table`, `pandas.DataFrame` and `geopandas.GeoDataFrame`; tuples come back as lists.
"""

from geo_pora.guard.archive import check_zip
from geo_pora.guard.process import call

__all__ = ["call", "check_zip"]
