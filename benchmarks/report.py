"""What was measured, as a page (`RESULTS.md`) and a picture (`ratios.svg`).

A row says `name`, `ours`, `peer`, `ratio`, `unit` and `goal`. A goal that is a number bounds the
ratio; a goal in words, such as `>= 95%`, bounds `ours`. The picture shows every ratio the same
way round: how many times better than the peer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}
_GOAL = re.compile(r"(>=|<=|>|<)\s*([\d.]+)\s*(%?)")


@dataclass(frozen=True)
class Figure:
    """One figure with its goal.

    Attributes
    ----------
    ours, peer, ratio : float or None
    better : str
        `more` or `less`: which ratio is the better one.
    goal : str
        As the page shows it, `ratio <= 3`; empty where there is none.
    met : bool or None
        None where there is no goal.
    """

    name: str
    ours: float | None
    peer: float | None
    ratio: float | None
    unit: str
    better: str
    goal: str
    bound: float | None
    met: bool | None

    @property
    def times_better(self) -> float | None:
        """How many times better than the peer; None where there is no ratio."""
        return self._turned(self.ratio)

    @property
    def bound_times_better(self) -> float | None:
        """The goal on the same scale; None where there is none."""
        return self._turned(self.bound)

    def _turned(self, ratio: float | None) -> float | None:
        if ratio is None or ratio <= 0:
            return None
        return ratio if self.better == "more" else 1 / ratio


def figure(row: dict[str, Any], better: str) -> Figure:
    """Judge one row of a benchmark.

    Parameters
    ----------
    row : dict
        See the module's text; `mismatches`, where given, must be 0 as well.
    better : str
        Which ratio is better in this benchmark, `more` or `less`; a row's own `better` wins.
    """
    better = row.get("better", better)
    ours, peer, ratio = (_number(row.get(name)) for name in ("ours", "peer", "ratio"))
    goal, bound, met = "", None, None
    asked = row.get("goal")
    if isinstance(asked, str):
        if match := _GOAL.fullmatch(asked.strip()):
            share = float(match[2]) / (100 if match[3] else 1)
            goal, met = asked.strip(), ours is not None and _COMPARE[match[1]](ours, share)
    elif (number := _number(asked)) is not None:
        sign = ">=" if better == "more" else "<="
        bound, goal = number, f"ratio {sign} {short(number)}"
        met = ratio is not None and _COMPARE[sign](ratio, number)
    wrong = int(row.get("mismatches") or 0)
    if wrong:
        goal, met = f"{goal} and exact ({wrong} answers differ)".strip(), False
    return Figure(str(row["name"]), ours, peer, ratio, str(row["unit"]), better, goal, bound, met)


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    return float(value)


def short(value: float | None) -> str:
    """Return a number in three digits that matter, `–` where there is none."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"


def page(
    results: dict[str, list[Figure] | str], facts: dict[str, str], about: dict[str, str]
) -> str:
    """Return the page.

    Parameters
    ----------
    results : dict
        Of each benchmark its figures, or one sentence that says why there are none.
    facts : dict
        Machine, versions, date.
    about : dict
        Of each benchmark what it measures.
    """
    judged = [one for found in results.values() if not isinstance(found, str) for one in found]
    met, missed = (sum(one.met is state for one in judged) for state in (True, False))
    silent = sum(isinstance(found, str) for found in results.values())
    lines = [
        "# Measured",
        "",
        "Made by `make benchmarks`; every ratio is of two measurements in one run on one machine, "
        "as CPU time, so that only the ratio counts. A goal that was missed stays here as missed.",
        "",
        f"**{met} goals met, {missed} missed, {silent} benchmarks without a result.**",
        "",
        *(f"- {name}: {value}" for name, value in facts.items()),
        "",
        "![How many times better than the peer, per benchmark](ratios.svg)",
    ]
    for name, found in results.items():
        lines += ["", f"## {name}", "", about.get(name, "").strip(), ""]
        lines += [f"**No result: {found}**"] if isinstance(found, str) else _table(found)
    return "\n".join(lines) + "\n"


def _table(figures: Iterable[Figure]) -> list[str]:
    lines = [
        "| what | ours | peer | unit | ratio | goal | |",
        "| --- | --: | --: | --- | --: | --- | --- |",
    ]
    for one in figures:
        verdict = {True: "met", False: "**not met**", None: ""}[one.met]
        cells = [one.name, short(one.ours), short(one.peer), one.unit, short(one.ratio), one.goal]
        escaped = [cell.replace("|", "\\|") for cell in cells]
        lines.append(f"| {' | '.join(escaped)} | {verdict} |")
    return lines


_LEFT, _WIDTH, _LINE, _TOP = 470, 420, 22, 46
_COLOURS = {True: "#2b7a4b", False: "#b3403a", None: "#6b7785"}


def picture(figures: Iterable[Figure]) -> str:
    """Return an SVG of every ratio on a logarithmic scale, with its goal as a mark."""
    shown = [one for one in figures if one.times_better is not None]
    values = [one.times_better or 1.0 for one in shown]
    values += [bound for one in shown if (bound := one.bound_times_better)]
    low = math.floor(math.log10(min([*values, 0.5])))
    high = math.ceil(math.log10(max([*values, 2.0])))

    def at(value: float) -> float:
        return _LEFT + (math.log10(value) - low) / (high - low) * _WIDTH

    height = _TOP + _LINE * len(shown) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 90} {height}" '
        'font-family="sans-serif" font-size="12" role="img" '
        'aria-label="How many times better than the peer">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-weight="bold">times better than the peer</text>',
    ]
    for power in range(low, high + 1):
        x, label = at(10.0**power), short(10.0**power)
        colour = "#333" if power == 0 else "#ddd"
        parts.append(f'<path d="M{x:.1f} {_TOP - 6}V{height - 30}" stroke="{colour}"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">{label}</text>')
    for number, one in enumerate(shown):
        parts += _bar(one, _TOP + number * _LINE, at)
    parts.append(
        f'<text x="{_LEFT}" y="{height - 10}" fill="#555">green: goal met, red: not met, '
        "grey: no goal; black mark: the goal</text></svg>"
    )
    return "\n".join(parts) + "\n"


def _bar(one: Figure, y: int, at: Callable[[float], float]) -> list[str]:
    value = one.times_better or 1.0
    x, end = sorted((at(1.0), at(value)))
    name = one.name if len(one.name) <= 74 else one.name[:73] + "…"
    middle = y + 11
    parts = [
        f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{x:.1f}" y="{y + 3}" width="{max(end - x, 1):.1f}" height="16" '
        f'fill="{_COLOURS[one.met]}"/>',
        f'<text x="{max(end, at(1.0)) + 6:.1f}" y="{middle + 4}">{short(value)}</text>',
    ]
    if one.bound_times_better:
        mark = at(one.bound_times_better)
        parts.append(f'<path d="M{mark:.1f} {y + 1}v20" stroke="#000" stroke-width="2"/>')
    return parts
