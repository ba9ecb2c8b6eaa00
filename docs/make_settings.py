"""Write docs/settings.md from the settings themselves; a test fails when it is out of date."""

from pathlib import Path

from geo_pora.settings import Settings

HEADER = """\
# Settings

Each is read from the environment, else from the TOML file `geo_pora.toml` (or the one that
`GEO_PORA_CONFIG` names), else its default holds. This page is made by `docs/make_settings.py`.

| in the environment | in the file | default | meaning |
| --- | --- | --- | --- |
"""


def text() -> str:
    """Return the page."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = ", ".join(default) if isinstance(default, tuple) else str(default)
        rows.append(
            f"| `GEO_PORA_{name.upper()}` | `{name}` | {f'`{shown}`' if shown else 'empty'} "
            f"| {field.description} |\n"
        )
    return HEADER + "".join(rows)


if __name__ == "__main__":
    (Path(__file__).parent / "settings.md").write_text(text())
