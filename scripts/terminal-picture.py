#!/usr/bin/env python3
"""Draws docs/terminal.svg anew: what a first run looks like, from a run of the program with its colours.

It builds nothing: target/debug/flow, or the program named by FLOW, has to be there.
"""

from __future__ import annotations

import html
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from terminal_drawing import ROOT, framed, spans  # noqa: E402

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
WIDTH = 100


def run(command: str, folder: Path) -> list[str]:
    if command.startswith("cat "):
        return FILE.rstrip().splitlines()
    words = command.split()[1:] + ["--sandbox", "--color", "always"]
    surroundings = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "USER": "you"}
    done = subprocess.run(
        [FLOW, *words], cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return done.stdout.rstrip().splitlines()


def main() -> None:
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        folder.mkdir()
        (folder / "flow.kdl").write_text(FILE)
        for command in COMMANDS:
            lines.append(f'<tspan fill="#7ee787">$</tspan> <tspan font-weight="bold">{html.escape(command)}</tspan>')
            lines.extend(spans(line, WIDTH) for line in run(command, folder))
            lines.append("")
    picture = framed(lines, WIDTH, "A first run of FleetFlow on emulated clouds")
    (ROOT / "docs/terminal.svg").write_text(picture, encoding="utf-8")


main()
