"""Results as JSON with attachments of bytes, Arrow and WKB: nothing that runs on arrival."""

from __future__ import annotations

from typing import Any


def pack(value: Any, parts: list[bytes]) -> Any:
    """Turn a result into JSON with numbered attachments."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [pack(item, parts) for item in value]
    if isinstance(value, dict):
        return {"dict": {str(key): pack(item, parts) for key, item in value.items()}}
    if isinstance(value, bytes):
        parts.append(value)
        return {"bytes": len(parts) - 1}
    crs = None
    kind = type(value).__name__
    import pyarrow as pa

    if kind == "GeoDataFrame":
        crs = value.crs.to_wkt() if value.crs is not None else ""
        geometry, value = value.geometry.name, value.to_wkb()
    if kind in ("DataFrame", "GeoDataFrame"):
        value = pa.Table.from_pandas(value, preserve_index=False)
    if not isinstance(value, pa.Table):
        raise TypeError(kind)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, value.schema) as stream:
        stream.write_table(value)
    parts.append(sink.getvalue())
    packed = {"table": len(parts) - 1, "kind": kind}
    return packed if crs is None else packed | {"crs": crs, "geometry": geometry}


def unpack(tree: Any, body: bytes, sizes: list[int]) -> Any:
    """Turn what `pack` made, after a journey through an untrusted process, into the result."""
    parts, at = [], 0
    for size in sizes:
        parts.append(memoryview(body)[at : at + int(size)])
        at += int(size)
    return _value(tree, parts)


def _value(tree: Any, parts: list[memoryview]) -> Any:
    if isinstance(tree, list):
        return [_value(item, parts) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "dict" in tree:
        return {key: _value(item, parts) for key, item in tree["dict"].items()}
    if "bytes" in tree:
        return bytes(parts[tree["bytes"]])
    import pyarrow as pa

    table = pa.ipc.open_stream(pa.py_buffer(parts[tree["table"]])).read_all()
    table.validate(full=True)  # the child's word for offsets and lengths is not taken
    if tree["kind"] == "Table":
        return table
    frame = table.to_pandas(ignore_metadata=True)
    if tree["kind"] == "DataFrame":
        return frame
    import geopandas
    import shapely

    frame[tree["geometry"]] = shapely.from_wkb(frame[tree["geometry"]].to_numpy(object))
    return geopandas.GeoDataFrame(frame, geometry=tree["geometry"], crs=tree["crs"] or None)
