"""FleetFlow and other tools side by side, and 1,200 new records under the cloud's own rate limit."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

from fleetflow import FleetFlow, Tool, life
from measured import ALLOWED, WINDOW, Failed, Measured, Spread, machine, save, say
from page import methods, plot, put, seconds, spread, table
from peers import Compose, Missing, OctoDns, OpenTofu, Usacloud, Wrangler
from work import ACTS, Records, Servers, Services, Stores, Work

# What is done, at how many milliseconds a request, and whether tools other than FleetFlow do it as often as it does.
WORKS: tuple[tuple[Work, int, bool], ...] = (
    (Records(100), 0, True),
    (Records(1000), 0, True),
    (Records(5000), 0, False),
    (Records(100), 50, True),
    (Records(1000), 50, False),
    (Servers(5), 0, True),
    (Stores(5), 0, True),
    (Services(20), 0, True),
)
NEW = 1200


class Peers:
    """The tools that are there, and why others are not."""

    def __init__(self, flow: Path, options: object) -> None:
        def path(name: str) -> Optional[Path]:
            return getattr(options, name, None)

        self.flow = flow
        self.tools: list[Tool] = [FleetFlow(flow)]
        self.missing: list[str] = []
        for name, make in (
            ("octoDNS", OctoDns),
            ("OpenTofu (Cloudflare)", lambda: OpenTofu(path("tofu"), path("provider_cloudflare"), "Cloudflare")),
            ("OpenTofu (SAKURA)", lambda: OpenTofu(path("tofu"), path("provider_sakura"), "SAKURA")),
            ("wrangler", Wrangler),
            ("usacloud", lambda: Usacloud(path("usacloud"))),
            ("docker compose", lambda: Compose(path("compose"))),
        ):
            self.add(name, make)
        self.missing.append(
            "dnscontrol: it cannot be built here, as the Go module proxy refuses a release of a module that it needs"
        )

    def add(self, name: str, make: Callable[[], Tool]) -> None:
        try:
            self.tools.append(make())
        except Missing as reason:
            self.missing.append(f"{name}: {reason}")


Found = dict[str, list[dict[str, Measured]]]


def measure(flow: Path, runs: int, options: object) -> None:
    began, peers = machine(), Peers(flow, options)
    kept: list[object] = []
    lines: list[str] = []
    creating: dict[int, dict[str, list[tuple[float, Spread]]]] = {}
    for work, latency, often in WORKS:
        if getattr(options, "only", "") not in work.name:
            continue
        found: Found = {}
        # In turns, so that a busy moment of the machine hits everybody alike.
        for turn in range(runs):
            for tool in peers.tools:
                ours = isinstance(tool, FleetFlow)
                if tool.refusal(work) or tool.name in found and turn and not (often or ours) or failed(tool, work, peers):
                    continue
                say(f"{tool.name}: {work.name} at {latency} ms")
                try:
                    found.setdefault(tool.name, []).append(life(tool, flow, work, latency, unlimited=True))
                except (Failed, RuntimeError) as error:
                    peers.missing.append(f"{tool.name}, {work.name}: {error}")
        found = {name: lives for name, lives in found.items() if lives}
        kept += [
            {"work": work.name, "latency": latency, "tool": name, "act": act, "runs": Spread([one[act] for one in lives]).as_json()}
            for name, lives in found.items()
            for act in ACTS
            if act in lives[0]
        ]
        save("peers", kept)
        lines += [f"### {work.name}, {latency} ms a request", "", *shown(work, found)]
        if isinstance(work, Records) and latency == 0:
            for name, lives in found.items():
                one = Spread([life["create"] for life in lives])
                creating.setdefault(0, {}).setdefault(name, []).append((work.size, one))
    for measure, words, unit in (("cpu", "processor time", "s"), ("memory", "peak memory", "MiB"), ("wall", "time", "s")):
        curves = {name: [(n, one.middle(measure)) for n, one in line] for name, line in creating.get(0, {}).items()}
        lines += [plot(f"peers-{measure}", f"Making n records: {words}", unit, curves), ""]
    head = [
        f"Machine: {began}. "
        + ("One run each." if runs == 1 else f"Up to {runs} runs each: medians, and from where to where."),
        "",
        *table(["tool", "version"], [[tool.name, tool.version()] for tool in peers.tools], text=2),
        *(f"- Not measured: {reason}" for reason in dict.fromkeys(peers.missing)),
        "",
    ]
    put("peers", head + lines)


def failed(tool: Tool, work: Work, peers: Peers) -> bool:
    return any(reason.startswith(f"{tool.name}, {work.name}: ") for reason in peers.missing)


def shown(work: Work, found: Found) -> list[str]:
    rows = []
    for act in ACTS:
        ours: Optional[Spread] = None
        for name, lives in found.items():
            if act not in lives[0]:
                rows.append([act, name, "it has no such command", "", "", "", "", ""])
                continue
            one = Spread([life[act] for life in lives])
            ours = ours or one
            # Requests beyond the allowance of five minutes wait for the next one; other clouds than Cloudflare have another.
            limited = max(one.middle("wall"), (max(one.calls, 1) - 1) // ALLOWED * WINDOW)
            rows.append(
                [
                    act,
                    name,
                    spread(one),
                    seconds(one.middle("cpu")),
                    f"{one.middle('memory'):.0f} MiB",
                    f"{one.calls:,} ({methods(one.requests)})",
                    seconds(limited) if isinstance(work, Records) else "",
                    "" if one is ours else times(one, ours),
                ]
            )
        floor = work.floor(act)
        if floor.calls:
            rows.append([act, "*floor*", "", "", "", f"{floor.calls:,}", "", ""])
    titles = ["act", "tool", "time", "processor", "peak memory", "requests", "at the cloud's limit", "times FleetFlow's"]
    return table(titles, rows, text=2)


def times(one: Spread, ours: Spread) -> str:
    """How often the figures of FleetFlow go into those of another tool."""

    def ratio(name: str) -> str:
        value = one.middle(name) / max(ours.middle(name), 1e-9)
        return f"{value:.1f}" if value < 10 else f"{value:,.0f}"

    return f"time {ratio('wall')}, processor {ratio('cpu')}, memory {ratio('memory')}"


def limited(flow: Path, options: object) -> None:
    """Once each: whoever sends more than is allowed waits for minutes, and that is the point."""
    began, peers = machine(), Peers(flow, options)
    work = Records(NEW)
    results: dict[str, Measured] = {}
    for tool in peers.tools:
        if tool.refusal(work):
            continue
        say(f"{tool.name}: {NEW} new records under the limit")
        try:
            results[tool.name] = life(tool, flow, work, 50, unlimited=False, acts=1)["create"]
        except (Failed, RuntimeError) as error:
            peers.missing.append(f"{tool.name}: {error}")
    save("limited", {name: Spread([one]).as_json() for name, one in results.items()})
    ours = results["FleetFlow"]
    rows = [
        [name, seconds(one.wall), f"{one.wall / ours.wall:,.0f}", f"{one.calls:,} ({methods(one.requests)})"]
        for name, one in results.items()
    ]
    put(
        "limited",
        [
            f"Machine: {began}. One run each, 50 ms a request, {ALLOWED:,} requests in five minutes.",
            "",
            *table(["tool", "time", "times FleetFlow's", "requests"], rows),
            *(f"- Not measured: {reason}" for reason in peers.missing if "Cloudflare" in reason or "octo" in reason),
        ],
    )
