"""FleetFlow as one of the tools that are measured: the four acts of a life, each a run of the program."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Optional

from measured import Clouds, Measured, run
from work import ACTS, Work


class Tool:
    """A program that makes things as they are declared."""

    name = ""

    def version(self) -> str:
        raise NotImplementedError

    def refusal(self, work: Work) -> Optional[str]:
        """Why the tool cannot do this work, if it cannot."""
        return None

    def prepare(self, folder: Path, clouds: Clouds) -> None:
        """What is done once for a folder and is not measured."""

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        raise NotImplementedError

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        raise NotImplementedError

    def look(self, work: Work, folder: Path, clouds: Clouds) -> Optional[Measured]:
        """Nothing, where the tool compares nothing."""
        raise NotImplementedError

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        raise NotImplementedError


class FleetFlow(Tool):
    name = "FleetFlow"

    def __init__(self, flow: Path) -> None:
        self.flow = flow

    def version(self) -> str:
        return subprocess.check_output([self.flow, "--version"], text=True).split()[-1]

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        work.write(folder, changed)

    def go(self, work: Work, folder: Path, clouds: Clouds, *words: str) -> Measured:
        stage = ["--stage", work.stage] if work.stage else []
        home = {"HOME": str(folder), "CF_ACCOUNT_ID": clouds.environment["CLOUDFLARE_ACCOUNT_ID"]}
        return run([self.flow, *words, *stage], folder, {**clouds.environment, **home})

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.go(work, folder, clouds, "up", "--yes", "-q")

    def look(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        # Another exit code than 0 would be a plan with something to do.
        return self.go(work, folder, clouds, "plan", "--detailed-exitcode")

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.go(work, folder, clouds, "down", "--yes", "--force-delete", "--with-data", "-q")


def life(
    tool: Tool, flow: Path, work: Work, latency: int, unlimited: bool, acts: int = len(ACTS)
) -> dict[str, Measured]:
    """The four acts of one tool in one fresh world, or the first of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        clouds = Clouds(flow, latency, unlimited)
        try:
            tool.prepare(folder, clouds)
            found: dict[str, Measured] = {}

            def act(title: str, does: Callable[[Work, Path, Clouds], Optional[Measured]]) -> None:
                clouds.taken()
                measured = does(work, folder, clouds)
                if measured:
                    found[title] = measured
                    measured.requests, measured.ssh = clouds.taken()

            tool.write(work, folder, clouds, False)
            for number, (title, does) in enumerate(zip(ACTS, (tool.apply, tool.look, tool.apply, tool.remove))):
                if number == 2:
                    tool.write(work, folder, clouds, True)
                if number < acts:
                    act(title, does)
            return found
        finally:
            clouds.close()
