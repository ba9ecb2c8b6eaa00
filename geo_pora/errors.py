"""The errors of geo_pora: few, each also a builtin so that callers may catch either.

The message of each is one sentence for a person: what is wrong, where, and
what to do. The command line prints it as it is, and the app shows it.
"""


class GeoPoraError(Exception):
    """Anything geo_pora refuses or cannot do, said in one sentence."""


class InputError(GeoPoraError, ValueError):
    """A file, a row or an argument that cannot be used as it is."""


class NotFoundError(GeoPoraError, LookupError):
    """Something named that does not exist: a file, a layer, a batch, an agency."""


class RefusedError(GeoPoraError, PermissionError):
    """Something that policy forbids: a release that would give a hidden count back."""


class UnavailableError(GeoPoraError, RuntimeError):
    """Something that should be there and is not now: the database, disk space, a port."""
