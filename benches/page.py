"""Tables and pictures for `docs/benchmarks.md`: numbers in, text out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Iterable

from measured import ROOT, Spread

PAGE = ROOT / "docs/benchmarks.md"
COLORS = ("#1a7f37", "#0969a2", "#9a6700", "#8250df", "#cf222e", "#57606a")


def put(section: str, lines: Iterable[str]) -> None:
    """Writes a section of the page anew: what stands between its two marks."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    text = PAGE.read_text()
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{PAGE} has no place for `{section}`: {begin} and {end}")
    PAGE.write_text(head + begin + "\n" + "\n".join(lines).strip() + "\n" + end + tail)


def table(titles: list[str], rows: list[list[str]], text: int = 1) -> list[str]:
    """A table whose first `text` columns are words, and whose others are numbers."""
    rule = ["---" if at < text else "---:" for at in range(len(titles))]
    return ["| " + " | ".join(cells) + " |" for cells in [titles, rule, *rows]] + [""]


def seconds(value: float) -> str:
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 100 else f"{value:,.0f} s"


def spread(runs: Spread, name: str = "wall") -> str:
    """The middle, and from where to where."""
    values = runs.of(name)
    if len(values) == 1:
        return seconds(values[0])
    return f"{seconds(runs.middle(name))} ({seconds(values[0])}–{seconds(values[-1])})"


def methods(requests: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(requests.items())) or "none"


def exponent(points: list[tuple[float, float]]) -> float:
    """The slope of the straight line through the points on logarithmic axes (least squares)."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle_x = sum(x for x, _ in logs) / len(logs)
    middle_y = sum(y for _, y in logs) / len(logs)
    across = sum((x - middle_x) ** 2 for x, _ in logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / across


def plot(name: str, title: str, unit: str, lines: dict[str, list[tuple[float, float]]], guide: bool = False) -> str:
    """Lines on two logarithmic axes, as a picture beside the page. With `guide`, a line that grows as n does."""
    points = [point for line in lines.values() for point in line]
    sizes = sorted({x for x, _ in points})
    left, right = math.log10(sizes[0]), math.log10(sizes[-1])
    low = math.floor(math.log10(min(y for _, y in points)))
    high = max(low + 1, math.ceil(math.log10(max(y for _, y in points))))
    width, height = 640, 360

    def across(size: float) -> float:
        return 80 + (math.log10(size) - left) / ((right - left) or 1) * (width - 250)

    def up(value: float) -> float:
        return height - 50 - (math.log10(value) - low) / (high - low) * (height - 90)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui,sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="80" y="22" font-weight="600">{title}</text>',
    ]
    for power in range(low, high + 1):
        at = up(10.0**power)
        out.append(f'<line x1="80" x2="{width - 170}" y1="{at:.1f}" y2="{at:.1f}" stroke="#e3e7ec"/>')
        out.append(f'<text x="72" y="{at + 4:.1f}" text-anchor="end" fill="#5c6b7d">{10.0**power:g} {unit}</text>')
    for size in sizes:
        out.append(f'<text x="{across(size):.1f}" y="{height - 28}" text-anchor="middle" fill="#5c6b7d">{size:,.0f}</text>')
    out.append(f'<text x="{across(sizes[-1]):.1f}" y="{height - 10}" text-anchor="middle" fill="#5c6b7d">n</text>')
    if guide:
        # From the lower left: y grows as n does.
        start = 10.0**low * 1.6
        end = min(10.0**high, start * sizes[-1] / sizes[0])
        to = sizes[0] * end / start
        out.append(
            f'<line x1="{across(sizes[0]):.1f}" y1="{up(start):.1f}" x2="{across(to):.1f}" y2="{up(end):.1f}" '
            'stroke="#8c959f" stroke-dasharray="4 4"/>'
        )
        out.append(f'<text x="{across(to) + 8:.1f}" y="{up(end) + 4:.1f}" fill="#8c959f">as n</text>')
    taken: list[float] = [up(end) + 4] if guide else []
    for at, (label, line) in enumerate(sorted(lines.items(), key=lambda item: -item[1][-1][1])):
        color = COLORS[list(lines).index(label) % len(COLORS)]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        out += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{color}"/>' for x, y in line]
        below = up(line[-1][1]) + 4
        # Words do not lie upon each other.
        while any(abs(below - other) < 14 for other in taken):
            below += 2
        taken.append(below)
        out.append(f'<text x="{across(line[-1][0]) + 10:.1f}" y="{below:.1f}" fill="{color}">{label}</text>')
    path = PAGE.with_name("pictures") / f"{name}.svg"
    path.write_text("\n".join([*out, "</svg>", ""]))
    return f"![{title}](pictures/{name}.svg)"
