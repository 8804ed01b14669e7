"""How FleetFlow grows with what is declared: whole runs of its program from 100 to 20,000 resources, with the floor."""

from __future__ import annotations

from pathlib import Path

from fleetflow import FleetFlow, life
from measured import Measured, Spread, machine, round_trips, save, say
from page import exponent, methods, plot, put, seconds, spread, table
from work import ACTS, Mixed, Records, Work

SIZES = (100, 1_000, 5_000, 10_000, 20_000)
LATENCIES = (0, 50, 120)
KINDS = (("records", "Records of one zone", Records), ("mixed", "Mixed resources", Mixed))

Lives = dict[tuple[str, int, int], list[dict[str, Measured]]]


def measure(flow: Path, runs: int, sizes: tuple[int, ...], latencies: tuple[int, ...]) -> None:
    began = machine()
    lives: Lives = {}
    for _ in range(runs):
        for kind, _, work in KINDS:
            for size in sizes:
                for latency in latencies:
                    say(f"{kind}: {size} at {latency} ms")
                    one = life(FleetFlow(flow), flow, work(size), latency, unlimited=True)
                    lives.setdefault((kind, size, latency), []).append(one)
    save(
        "growth",
        [
            {"kind": kind, "size": size, "latency": latency, "act": act, "runs": Spread([run[act] for run in of]).as_json()}
            for (kind, size, latency), of in lives.items()
            for act in ACTS
        ],
    )
    lines = [f"Machine: {began}. {runs} runs each: the median, and from where to where.", ""]
    for kind, title, work in KINDS:
        lines += [f"### {title}", "", *shown(kind, title, work, sizes, latencies, lives)]
    put("growth", lines)


def shown(
    kind: str, title: str, work: type[Work], sizes: tuple[int, ...], latencies: tuple[int, ...], lives: Lives
) -> list[str]:
    def of(act: str, size: int, latency: int) -> Spread:
        return Spread([run[act] for run in lives[kind, size, latency]])

    near, far = latencies[0], latencies[-1]
    lines = []
    for act in ACTS:
        rows = []
        for size in sizes:
            floor = work(size).floor(act)  # type: ignore[call-arg]
            first = of(act, size, near)
            trips = "" if far == near else round_trips(of(act, size, far).of("wall")[0], first.of("wall")[0], (far - near) / 1000)
            rows.append(
                [
                    f"{size:,}",
                    *(spread(of(act, size, latency)) for latency in latencies),
                    seconds(first.middle("cpu")),
                    f"{first.of('memory')[-1]:.0f} MiB",
                    methods(first.requests),
                    str(floor.calls or ""),
                    str(first.ssh or ""),
                    trips,
                    str(floor.trips or ""),
                ]
            )
        times = [f"time at {latency} ms" for latency in latencies]
        titles = ["n", *times, "processor", "peak memory", "requests", "floor", "SSH", "round trips", "floor"]
        lines += [f"**{act.capitalize()}**", "", *table(titles, rows)]
    growing = [size for size in sizes if size >= 1000]
    for measure, words, unit in (("cpu", "processor time", "s"), ("memory", "peak memory", "MiB")):
        curves = {act: [(size, of(act, size, near).middle(measure)) for size in sizes] for act in ACTS}
        lines += [plot(f"growth-{kind}-{measure}", f"{title}: {words}", unit, curves, guide=True), ""]
        if len(growing) > 1:
            slopes = {act: exponent([(x, y) for x, y in line if x in growing]) for act, line in curves.items()}
            told = ", ".join(f"{act} {slope:.2f}" for act, slope in slopes.items())
            lines += [f"From n = 1,000 on, {words} grows as n to the power of: {told}.", ""]
    return lines
