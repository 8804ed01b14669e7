#!/usr/bin/env python3
"""Draws docs/pictures/terminal-*.svg anew: what a person sees in a terminal of 80 x 24, in five situations.

Each is typed into a real terminal (tmux) with the program on emulated clouds. It builds nothing: target/debug/flow, or the
program named by FLOW, has to be there. No test looks at the pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from terminal_drawing import ROOT, drawn  # noqa: E402

FLOW = os.environ.get("FLOW", str(ROOT / "target/debug/flow"))
COLUMNS, LINES = 80, 24
FLEET = 'project "shop"\nproviders { sakura-cloud { zone "tk1a" } }\nstage "dev" {\n%s}\n' % "".join(
    f'    server "web-{number:02}" {{ plan core=2 memory=4; disk size=20 os="ubuntu-24.04" }}\n' for number in range(1, 25)
)
FAILING = """project "shop"
stage "dev" {
    kv-namespace "cache"
    deploy-services "shop"
}
service-group "shop" {
    service "front" { image "registry.shop.example/front:12"; port host=8080 container=80 }
    service "cache" { image "redis:7" }
}
"""
WRONG = """project "shop"
stage "dev" {
    server "web" {
        zone "tk1a"
        plan cores=2 memory=4
        disk size="big" os="ubuntu-24.04"
    }
    dns "example.jp" {
        record "www" type="A" value=server.wep.ip
        record "mail" type="MX" value="mx.example.jp"
    }
    r2-bucket "uploads" { locaton "apac" }
}
"""


class Terminal:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"fleetflow-pictures-{os.getpid()}-{time.monotonic_ns()}"
        (folder.parent / "bin").mkdir(exist_ok=True)
        link = folder.parent / "bin/flow"
        if not link.exists():
            link.symlink_to(FLOW)
        surroundings = {"HOME": str(folder.parent), "PATH": f"{link.parent}:/usr/bin:/bin", "USER": "you", "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"}
        self.surroundings = surroundings
        self.tmux("-u", "-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES), "-c", str(folder), "/bin/sh")
        while not self.tmux("capture-pane", "-p").strip():
            time.sleep(0.05)
        self.line("PS1='$ '; clear")
        self.until("$")

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.tmux("kill-server")

    def tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-L", self.name, *words], env=self.surroundings, capture_output=True, text=True, check=False)
        return done.stdout

    def line(self, text: str, *where: str) -> None:
        self.tmux("send-keys", *where, "-l", text)
        self.tmux("send-keys", *where, "Enter")

    def press(self, key: str) -> None:
        self.tmux("send-keys", key)

    def until(self, *texts: str, where: tuple[str, ...] = ()) -> None:
        for _ in range(1500):
            screen = self.tmux("capture-pane", "-p", *where)
            if all(text in screen for text in texts):
                return
            time.sleep(0.02)
        raise SystemExit(f"{texts} did not come:\n{screen}")

    def picture(self, name: str, title: str, *where: str) -> None:
        lines = self.tmux("capture-pane", "-p", "-e", *where).rstrip().splitlines()
        path = ROOT / f"docs/pictures/terminal-{name}.svg"
        path.write_text(drawn(lines, COLUMNS, title), encoding="utf-8")
        print(f"drew {path.relative_to(ROOT)}")


def project(name: str, text: str) -> Path:
    folder = Path(name) / "shop"
    folder.mkdir()
    (folder / "flow.kdl").write_text(text)
    return folder


def first_up() -> None:
    with tempfile.TemporaryDirectory() as name, Terminal(project(name, FLEET)) as terminal:
        terminal.line("flow up --yes --sandbox")
        terminal.until("more", "created in")
        terminal.picture("up", "A first up of 24 servers: what is done scrolls up, what is going on stands below")


def interrupted() -> None:
    with tempfile.TemporaryDirectory() as name, Terminal(project(name, FLEET)) as terminal:
        terminal.line("flow up --yes --sandbox")
        terminal.until("more")
        terminal.press("C-c")
        terminal.until("To go on")
        terminal.picture("interrupted", "Ctrl-C in the middle of an up: what runs is finished, and the next up goes on")


def failing() -> None:
    with tempfile.TemporaryDirectory() as name, Terminal(project(name, FAILING)) as terminal:
        terminal.line("flow up --yes --sandbox")
        terminal.until("To go on")
        terminal.picture("failed", "A step that failed: what was attempted, what was answered, what to do")


def locked() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = project(name, FLEET)
        with Terminal(folder) as terminal:
            # Somebody else is being asked whether to go on.
            terminal.line("flow up --sandbox")
            terminal.until("[y/N]")
            terminal.tmux("split-window", "-d", "-c", str(folder), "/bin/sh")
            other = ("-t", ":.1")
            terminal.tmux("resize-window", "-x", str(COLUMNS), "-y", str(LINES * 2 + 1))
            terminal.line("PS1='$ '; clear; flow up --yes --sandbox --lock-wait 2s", *other)
            terminal.until("--lock-wait 15m", where=other)
            terminal.picture("locked", "A state that somebody else is changing", *other)


def wrong() -> None:
    with tempfile.TemporaryDirectory() as name, Terminal(project(name, WRONG)) as terminal:
        terminal.tmux("resize-window", "-x", str(COLUMNS), "-y", "70")
        terminal.line("clear; flow validate")
        terminal.until("problems")
        terminal.picture("wrong", "A file with five mistakes: all of them at once, each at its place")


def main() -> None:
    for scene in (first_up, failing, interrupted, locked, wrong):
        scene()


main()
