"""The budgets of the design, each measured with the release program."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator

from fleetflow import FleetFlow, life
from measured import ROOT, Measured, Spread, machine, round_trips, run, save, say
from page import methods, put, seconds, table
from work import Mixed, Records, StackM, Work

# Milliseconds a request, for what is counted in round trips.
FAR = 120


class Server(Work):
    """One server with one disk."""

    name = "a server"

    def write(self, folder: Path, changed: bool) -> None:
        (folder / "flow.kdl").write_text(
            'project "bench"\nproviders {\n    sakura-cloud { zone "tk1a" }\n}\n'
            'server "one" { plan core=2 memory=4; disk size=40 os="ubuntu-24.04" }\n'
        )


def measure(flow: Path, runs: int) -> None:
    began = machine()
    kept: dict[str, object] = {}
    rows = []
    for row in found(flow, runs, kept):
        say(" | ".join(row))
        rows.append(list(row))
    save("budgets", kept)
    put("budgets", [f"Machine: {began}. Medians of {runs} runs.", "", *table(["what", "allowed", "measured", ""], rows)])


def found(flow: Path, runs: int, kept: dict[str, object]) -> Iterator[tuple[str, str, str, str]]:
    example = ROOT / "examples/creo-memories/flow.kdl"
    for title, allowed, words in (
        ("`flow --version`", 10, ["--version"]),
        ("`flow validate` of the example", 20, ["validate", "-f", str(example)]),
    ):
        times = Spread([started(flow, words) for _ in range(20)])
        kept[title] = times.as_json()
        cpu, wall = times.middle("cpu") * 1000, times.of("wall")[0] * 1000
        yield title, f"{allowed} ms", f"{wall:.1f} ms at best, {cpu:.1f} ms of processor", met(wall <= allowed)

    for work in (Records(5000), Mixed(5000)):
        looks = [life(FleetFlow(flow), flow, work, 0, unlimited=True)["no change"] for _ in range(runs)]
        spread = Spread(looks)
        kept[work.name] = spread.as_json()
        cpu, memory = spread.middle("cpu"), spread.middle("memory")
        yield f"plan of {work.name} without a change, processor", "0.3 s", f"{cpu:.2f} s", met(cpu <= 0.3)
        yield "the same, peak memory", "60 MiB", f"{memory:.0f} MiB", met(memory <= 60)

    near, far = (
        [life(FleetFlow(flow), flow, StackM(), latency, unlimited=False)["no change"] for _ in range(runs)]
        for latency in (0, FAR)
    )
    calls = far[0].calls
    trips = round_trips(Spread(far).of("wall")[0], Spread(near).of("wall")[0], FAR / 1000)
    kept["Stack M"] = {"0": Spread(near).as_json(), str(FAR): Spread(far).as_json()}
    yield "plan of Stack M without a change, requests", "50", f"{calls} ({methods(far[0].requests)})", met(calls <= 50)
    yield f"the same at {FAR} ms a request, round trips", "8", trips, "" if trips == "noise" else met(float(trips) <= 8)
    yield f"the same, time at {FAR} ms", "", seconds(Spread(far).middle("wall")), ""

    for work, allowed, title in (
        (Server(), 2, "a server with a disk, mutating requests"),
        (Records(1200), 6, "1,200 new records, writes"),
    ):
        one = life(FleetFlow(flow), flow, work, 0, unlimited=False)["create"]
        writes = sum(count for method, count in one.requests.items() if method not in ("GET", "HEAD"))
        kept[title] = one.requests
        yield title, str(allowed), f"{writes} ({methods(one.requests)})", met(writes <= allowed)

    yield "size of the program", "", f"{flow.stat().st_size / 1024 / 1024:.1f} MiB", ""


def started(flow: Path, words: list[str]) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return run([flow, *words], Path(folder), {"CF_ACCOUNT_ID": "0"})


def met(is_met: bool) -> str:
    return "met" if is_met else "**not met**"
