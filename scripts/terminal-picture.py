#!/usr/bin/env python3
"""Draws docs/terminal.svg anew: what a first run looks like, from a run of the program with its colours.

It builds nothing: target/debug/flow, or the program named by FLOW, has to be there.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOW = os.environ.get("FLOW", str(ROOT / "target/debug/flow"))
FILE = """project "shop"

providers { sakura-cloud { zone "tk1a" } }

server "web" {
    plan core=2 memory=4
    disk size=20 os="ubuntu-24.04"
    deploy-services "shop"
}

service-group "shop" {
    service "front" { image "nginx:1.27"; port host=80 container=80 }
}

dns "example.jp" {
    record "www" type="A" value=server.web.ip proxied=#true
}
"""
COMMANDS = ["cat flow.kdl", "flow up --yes", "flow plan"]
COLORS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea", "2": "#8b949e"}
WIDTH, LINE, LETTER = 100, 19, 8.43


def run(command: str, folder: Path) -> list[str]:
    if command.startswith("cat "):
        return FILE.rstrip().splitlines()
    words = command.split()[1:] + ["--sandbox", "--color", "always"]
    surroundings = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "USER": "you"}
    done = subprocess.run(
        [FLOW, *words], cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return done.stdout.rstrip().splitlines()


def spans(line: str) -> str:
    """A line with its escape sequences as coloured parts, cut to the width."""
    parts, style, left = [], [], WIDTH
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if piece.startswith("\x1b["):
            codes = [code for code in piece[2:-1].split(";") if code not in ("", "0")]
            style = style + codes if codes else []
            continue
        shown = piece if len(piece) <= left else piece[: max(left - 1, 0)] + "…"
        left -= len(shown)
        if not shown:
            continue
        color = next((COLORS[code] for code in style if code in COLORS), None)
        weight = ' font-weight="bold"' if "1" in style else ""
        fill = f' fill="{color}"' if color else ""
        parts.append(f"<tspan{fill}{weight}>{html.escape(shown)}</tspan>")
        if left <= 0:
            break
    return "".join(parts)


def main() -> None:
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        folder.mkdir()
        (folder / "flow.kdl").write_text(FILE)
        for command in COMMANDS:
            lines.append(f'<tspan fill="#7ee787">$</tspan> <tspan font-weight="bold">{html.escape(command)}</tspan>')
            lines.extend(spans(line) for line in run(command, folder))
            lines.append("")
    height, width = LINE * len(lines) + 44, round(WIDTH * LETTER) + 32
    rows = "\n".join(
        f'<text x="16" y="{44 + LINE * number}" xml:space="preserve">{line}</text>' for number, line in enumerate(lines) if line
    )
    dots = "".join(
        f'<circle cx="{18 + 18 * place}" cy="16" r="5" fill="{color}"/>'
        for place, color in enumerate(["#ff5f57", "#febc2e", "#28c840"])
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        f"<title>A first run of FleetFlow on emulated clouds</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>{dots}\n'
        f'<g fill="#e6edf3" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14">\n{rows}\n</g>\n</svg>\n'
    )
    (ROOT / "docs/terminal.svg").write_text(picture, encoding="utf-8")


main()
