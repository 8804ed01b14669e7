"""Whole stacks on three clouds at once, done by FleetFlow alone: no other tool does them."""

from __future__ import annotations

from pathlib import Path

from fleetflow import FleetFlow, life
from measured import Measured, Spread, machine, round_trips, save, say
from page import methods, put, seconds, spread, table
from work import ACTS, Containers, Example, Mixed, Records, StackM, Work

WORKS: tuple[Work, ...] = (Example(), StackM(), Records(5000), Mixed(5000), Containers(20, 10))
LATENCIES = (0, 50, 120)


def measure(flow: Path, runs: int) -> None:
    began = machine()
    kept: list[object] = []
    lines = [f"Machine: {began}. {runs} runs each, with the cloud's own rate limit: medians, and from where to where.", ""]
    for work in WORKS:
        lives: dict[int, list[dict[str, Measured]]] = {latency: [] for latency in LATENCIES}
        for _ in range(runs):
            for latency in LATENCIES:
                say(f"{work.name} at {latency} ms")
                lives[latency].append(life(FleetFlow(flow), flow, work, latency, unlimited=False))
        kept += [
            {"work": work.name, "latency": latency, "act": act, "runs": Spread([one[act] for one in of]).as_json()}
            for latency, of in lives.items()
            for act in ACTS
        ]
        save("stacks", kept)
        lines += [f"### {work.name[0].upper()}{work.name[1:]}", "", *shown(work, lives)]
    put("stacks", lines)


def shown(work: Work, lives: dict[int, list[dict[str, Measured]]]) -> list[str]:
    rows = []
    for act in ACTS:
        of = {latency: Spread([one[act] for one in runs]) for latency, runs in lives.items()}
        near, far, floor = of[LATENCIES[0]], of[LATENCIES[-1]], work.floor(act)
        trips = round_trips(far.of("wall")[0], near.of("wall")[0], (LATENCIES[-1] - LATENCIES[0]) / 1000)
        rows.append(
            [
                act,
                *(spread(one) for one in of.values()),
                seconds(near.middle("cpu")),
                f"{near.of('memory')[-1]:.0f} MiB",
                f"{near.calls:,} ({methods(near.requests)})",
                str(floor.calls or ""),
                str(near.ssh or ""),
                trips,
                str(floor.trips or ""),
            ]
        )
    times = [f"time at {latency} ms" for latency in LATENCIES]
    return table(["act", *times, "processor", "peak memory", "requests", "floor", "SSH", "round trips", "floor"], rows)
