"""Lines of a terminal with their escape sequences as a picture in SVG. It runs nothing."""

from __future__ import annotations

import html
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLORS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea", "2": "#8b949e"}
RESETS = {"39": set(COLORS) - {"2"}, "22": {"1", "2"}}
LINE, LETTER = 19, 8.43


def spans(line: str, width: int, style: list[str] | None = None) -> str:
    """A line as coloured parts, cut to the width. Its style goes on from the line before where `style` is given."""
    style = [] if style is None else style
    parts, left = [], width
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if piece.startswith("\x1b["):
            for code in piece[2:-1].split(";"):
                if code in ("", "0"):
                    style.clear()
                elif code in RESETS:
                    style[:] = [held for held in style if held not in RESETS[code]]
                else:
                    style.append(code)
            continue
        piece = re.sub(r"\x1b.|[\x00-\x1f]", "", piece)
        shown = piece if len(piece) <= left else piece[: max(left - 1, 0)] + "…"
        left -= len(shown)
        if not shown:
            continue
        color = next((COLORS[code] for code in reversed(style) if code in COLORS), None)
        weight = ' font-weight="bold"' if "1" in style else ""
        fill = f' fill="{color}"' if color else ""
        parts.append(f"<tspan{fill}{weight}>{html.escape(shown)}</tspan>")
        if left <= 0:
            break
    return "".join(parts)


def framed(lines: list[str], width: int, title: str) -> str:
    """Drawn lines in the frame of a window."""
    height, across = LINE * len(lines) + 44, round(width * LETTER) + 32
    rows = "\n".join(
        f'<text x="16" y="{44 + LINE * number}" xml:space="preserve">{line}</text>' for number, line in enumerate(lines) if line
    )
    dots = "".join(
        f'<circle cx="{18 + 18 * place}" cy="16" r="5" fill="{color}"/>'
        for place, color in enumerate(["#ff5f57", "#febc2e", "#28c840"])
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {height}" width="{across}" height="{height}" role="img">\n'
        f"<title>{html.escape(title)}</title>\n"
        f'<rect width="{across}" height="{height}" rx="8" fill="#0d1117"/>{dots}\n'
        f'<g fill="#e6edf3" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14">\n{rows}\n</g>\n</svg>\n'
    )


def drawn(lines: list[str], width: int, title: str) -> str:
    """The screen of a terminal: what one line's colours begin, the next goes on with."""
    style: list[str] = []
    return framed([spans(line, width, style) for line in lines], width, title)
