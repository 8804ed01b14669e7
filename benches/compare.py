#!/usr/bin/env python3
"""Does the same work with FleetFlow and with other tools, each against a fresh emulated Cloudflare, and measures it.

    cargo build --release -p fleetflow-cli
    python3 benches/compare.py --sizes 100 1000 5000 --latency 0 50 --out docs/benchmarks.md

The work is a zone of n A records: made, looked at without a change, one record changed, all removed. For each: time on the
clock, processor time, peak memory, requests by method. octoDNS is installed from PyPI into target/peers; OpenTofu
(--tofu) and Cloudflare's provider (--provider) are programs that somebody built; a tool that is not there is named with
the reason. What is written also says what the floor is: what no client of this API can do better.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Optional

ROOT = Path(__file__).resolve().parent.parent
ZONE = "creo-memories.com"
ACTS = ("create", "no change", "one change", "remove")
# Cloudflare allows 1,200 requests in five minutes (https://developers.cloudflare.com/fundamentals/api/reference/limits/).
ALLOWED, WINDOW = 1200, 300.0


@dataclass
class Measured:
    """One run of one program."""

    wall: float
    cpu: float
    memory: float
    requests: dict[str, int] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        return sum(self.requests.values())


class Clouds:
    """`flow sandbox serve`, with a world of its own."""

    def __init__(self, flow: Path, latency: int) -> None:
        self.process = subprocess.Popen(
            [flow, "sandbox", "serve", "--latency", f"{latency}ms"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.environment: dict[str, str] = {}
        assert self.process.stdout
        for line in self.process.stdout:
            name, _, value = line.strip().removeprefix("export ").partition("=")
            self.environment[name] = value
            if name == "DOCKER_HOST":
                break
        cloudflare = self.environment["CLOUDFLARE_BASE_URL"]
        self.base = cloudflare.split("/client/v4")[0].rstrip("/")
        self.api = self.base + "/client/v4"

    def log(self) -> dict[str, int]:
        """Requests by method since the last time."""
        with urllib.request.urlopen(self.base + "/_sandbox/log") as answer:
            entries = json.load(answer)
        entries = entries.get("entries", entries) if isinstance(entries, dict) else entries
        counts = collections.Counter(entry["method"] for entry in entries)
        request = urllib.request.Request(self.base + "/_sandbox/log", method="DELETE")
        urllib.request.urlopen(request).close()
        return dict(counts)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def run(command: list[object], folder: Path, environment: dict[str, str], ok: Iterable[int] = (0,)) -> Measured:
    """Runs a program to its end."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    began = time.perf_counter()
    with open(folder / "output.txt", "ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=folder, env={**own, **environment}, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    if code not in ok:
        tail = (folder / "output.txt").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command[0]} ended with {code}:\n{tail}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def address(number: int) -> str:
    return f"198.51.{number // 256 % 256}.{number % 256}"


class Tool:
    """A program that makes a zone as it is declared."""

    name = ""

    def version(self) -> str:
        raise NotImplementedError

    def write(self, folder: Path, clouds: Clouds, records: dict[str, str]) -> None:
        raise NotImplementedError

    def apply(self, folder: Path, clouds: Clouds) -> Measured:
        raise NotImplementedError

    def look(self, folder: Path, clouds: Clouds) -> Measured:
        raise NotImplementedError

    def remove(self, folder: Path, clouds: Clouds) -> Measured:
        raise NotImplementedError

    def prepare(self, folder: Path, clouds: Clouds) -> None:
        """What is done once for a folder and is not measured."""


class FleetFlow(Tool):
    name = "FleetFlow"

    def __init__(self, flow: Path) -> None:
        self.flow = flow

    def version(self) -> str:
        return subprocess.check_output([self.flow, "--version"], text=True).split()[-1]

    def write(self, folder: Path, clouds: Clouds, records: dict[str, str]) -> None:
        lines = "".join(f'    record "{name}" type="A" value="{value}"\n' for name, value in records.items())
        (folder / "flow.kdl").write_text(f'project "bench"\ndns "{ZONE}" {{\n{lines}}}\n')

    def apply(self, folder: Path, clouds: Clouds) -> Measured:
        return run([self.flow, "up", "--yes", "-q"], folder, clouds.environment)

    def look(self, folder: Path, clouds: Clouds) -> Measured:
        # Another exit code than 0 would be a plan with something to do.
        return run([self.flow, "plan", "--detailed-exitcode"], folder, clouds.environment)

    def remove(self, folder: Path, clouds: Clouds) -> Measured:
        return run([self.flow, "down", "--yes", "--force-delete", "-q"], folder, clouds.environment)


class OctoDns(Tool):
    name = "octoDNS"
    packages = ("octodns==1.22.0", "octodns-cloudflare==1.2.0")

    def __init__(self, cache: Path) -> None:
        self.home = cache / "octodns"
        if not (self.home / "bin/octodns-sync").exists():
            subprocess.run([sys.executable, "-m", "venv", self.home], check=True)
            subprocess.run([self.home / "bin/pip", "install", "--quiet", *self.packages], check=True)

    def version(self) -> str:
        return ", ".join(package.replace("==", " ") for package in self.packages)

    def write(self, folder: Path, clouds: Clouds, records: dict[str, str]) -> None:
        (folder / "zones").mkdir(exist_ok=True)
        lines = "".join(f"{name}:\n  type: A\n  ttl: 300\n  value: {value}\n" for name, value in records.items())
        (folder / f"zones/{ZONE}.yaml").write_text(lines or "{}\n")
        (folder / "config.yaml").write_text(
            "providers:\n  files:\n    class: octodns.provider.yaml.YamlProvider\n    directory: ./zones\n"
            "    enforce_order: false\n"
            "  cloudflare:\n    class: octodns_cloudflare.CloudflareProvider\n    token: env/CLOUDFLARE_API_TOKEN\n"
            f"    api_url: {clouds.api}\n    pagerules: false\n"
            f"zones:\n  {ZONE}.:\n    sources: [files]\n    targets: [cloudflare]\n"
        )

    def sync(self, folder: Path, clouds: Clouds, *flags: str) -> Measured:
        command = [self.home / "bin/octodns-sync", "--config-file", "config.yaml", *flags]
        return run(command, folder, clouds.environment)

    def apply(self, folder: Path, clouds: Clouds) -> Measured:
        return self.sync(folder, clouds, "--doit", "--force")

    def look(self, folder: Path, clouds: Clouds) -> Measured:
        measured = self.sync(folder, clouds)
        if "No changes were planned" not in (folder / "output.txt").read_text(errors="replace"):
            raise RuntimeError("octoDNS plans something where nothing is to do")
        return measured

    def remove(self, folder: Path, clouds: Clouds) -> Measured:
        self.write(folder, clouds, {})
        return self.sync(folder, clouds, "--doit", "--force")


class OpenTofu(Tool):
    name = "OpenTofu"

    def __init__(self, tofu: Path, provider: Path) -> None:
        self.tofu, self.provider = tofu, provider

    def version(self) -> str:
        lines = subprocess.check_output([self.tofu, "version"], text=True).splitlines()
        return lines[0].removeprefix("OpenTofu v") + ", Cloudflare's provider"

    def prepare(self, folder: Path, clouds: Clouds) -> None:
        (folder / "tofu.rc").write_text(
            'provider_installation {\n  dev_overrides { "cloudflare/cloudflare" = "%s" }\n  direct {}\n}\n'
            % self.provider.parent
        )

    def write(self, folder: Path, clouds: Clouds, records: dict[str, str]) -> None:
        blocks = "".join(
            f'resource "cloudflare_dns_record" "{name}" {{\n  zone_id = local.zone\n  name = "{name}.{ZONE}"\n'
            f'  type = "A"\n  content = "{value}"\n  ttl = 1\n}}\n'
            for name, value in records.items()
        )
        request = urllib.request.Request(
            f"{clouds.api}/zones?name={ZONE}",
            headers={"Authorization": f"Bearer {clouds.environment['CLOUDFLARE_API_TOKEN']}"},
        )
        with urllib.request.urlopen(request) as answer:
            zone = json.load(answer)["result"][0]["id"]
        (folder / "main.tf").write_text(
            'terraform { required_providers { cloudflare = { source = "cloudflare/cloudflare" } } }\n'
            f'provider "cloudflare" {{\n  base_url = "{clouds.api}"\n}}\nlocals {{ zone = "{zone}" }}\n{blocks}'
        )

    def go(self, folder: Path, clouds: Clouds, *words: str) -> Measured:
        environment = {**clouds.environment, "TF_CLI_CONFIG_FILE": str(folder / "tofu.rc"), "CHECKPOINT_DISABLE": "1"}
        return run([self.tofu, *words, "-no-color"], folder, environment)

    def apply(self, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "apply", "-auto-approve")

    def look(self, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "plan", "-detailed-exitcode")

    def remove(self, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "destroy", "-auto-approve")


def life(tool: Tool, flow: Path, size: int, latency: int) -> dict[str, Measured]:
    """The four acts of one tool in one world."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clouds = Clouds(flow, latency)
        try:
            tool.prepare(folder, clouds)
            records = {f"host-{number}": address(number) for number in range(size)}
            found: dict[str, Measured] = {}

            def act(title: str, does: Callable[[Path, Clouds], Measured]) -> None:
                clouds.log()
                found[title] = does(folder, clouds)
                found[title].requests = clouds.log()

            tool.write(folder, clouds, records)
            act("create", tool.apply)
            act("no change", tool.look)
            tool.write(folder, clouds, {**records, "host-0": "203.0.113.1"})
            act("one change", tool.apply)
            act("remove", tool.remove)
            return found
        finally:
            clouds.close()


def middle(runs: list[dict[str, Measured]], act: str) -> Measured:
    """The median of each figure."""
    of = [measured[act] for measured in runs]
    return Measured(
        statistics.median(one.wall for one in of),
        statistics.median(one.cpu for one in of),
        statistics.median(one.memory for one in of),
        of[0].requests,
    )


def floor(size: int) -> dict[str, int]:
    """The fewest requests: a look at the zone and its records (pages of 5,000), and writes of 200 records at most."""
    look = 1 + max(1, math.ceil(size / 5000))
    return {
        "create": 2 + math.ceil(size / 200),
        "no change": look,
        "one change": look + 1,
        "remove": look + math.ceil(size / 200),
    }


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 100 else f"{value:,.0f} s"


def methods(requests: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(requests.items())) or "none"


def machine() -> str:
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return f"{os.cpu_count()} processors ({model}), {memory / 1024 / 1024:.0f} GiB of memory, Linux {platform.release()}"


def plot(results: dict[tuple[str, int, int], dict[str, Measured]], latency: int, out: Path) -> None:
    """Time to create against n, both logarithmic."""
    if not any(at == latency for _, _, at in results):
        return
    names = list(dict.fromkeys(name for name, _, at in results if at == latency))
    sizes = sorted({size for _, size, at in results if at == latency})
    values = [results[key]["create"].wall for key in results if key[2] == latency]
    left, right = math.log10(sizes[0]), math.log10(sizes[-1])
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    width, height = 560, 340

    def x(size: int) -> float:
        return 70 + (math.log10(size) - left) / ((right - left) or 1) * (width - 190)

    def y(value: float) -> float:
        return height - 50 - (math.log10(value) - low) / ((high - low) or 1) * (height - 90)

    colors = ["#1a7f37", "#9a6700", "#0969a2", "#8250df"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui,sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="70" y="22" font-weight="600">Making n records, {latency} ms a request</text>',
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        lines.append(f'<line x1="70" x2="{width - 120}" y1="{at:.1f}" y2="{at:.1f}" stroke="#e3e7ec"/>')
        lines.append(f'<text x="62" y="{at + 4:.1f}" text-anchor="end" fill="#5c6b7d">{10.0**power:g} s</text>')
    for size in sizes:
        lines.append(f'<text x="{x(size):.1f}" y="{height - 28}" text-anchor="middle" fill="#5c6b7d">{size:,}</text>')
    for name, color in zip(names, colors):
        points = [(x(size), y(results[name, size, latency]["create"].wall)) for size in sizes if (name, size, latency) in results]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        lines += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{color}"/>' for a, b in points]
        lines.append(f'<text x="{points[-1][0] + 8:.1f}" y="{points[-1][1] + 4:.1f}" fill="{color}">{name}</text>')
    out.write_text("\n".join([*lines, "</svg>", ""]))


def budgets(flow: Path, results: dict[tuple[str, int, int], dict[str, Measured]]) -> list[str]:
    """What design allows the program itself, and what it takes."""
    folder = Path(tempfile.mkdtemp())
    example = ROOT / "examples/creo-memories/flow.kdl"

    def often(*words: object) -> str:
        times = [run([flow, *words], folder, {"CF_ACCOUNT_ID": "0"}).wall * 1000 for _ in range(20)]
        return f"{statistics.median(times):.1f} ms"

    rows = [
        ("`flow --version`", "10 ms", often("--version")),
        ("`flow validate` of the example", "20 ms", often("validate", "-f", example)),
        ("size of the program", "", f"{flow.stat().st_size / 1024 / 1024:.1f} MiB"),
    ]
    many = results.get(("FleetFlow", 5000, 0), {}).get("no change")
    if many:
        rows.append(("plan of 5,000 records without a change, processor", "0.3 s", f"{many.cpu:.2f} s"))
        rows.append(("the same, peak memory", "60 MiB", f"{many.memory:.0f} MiB"))
    shutil.rmtree(folder)
    return ["| what | allowed | measured |", "| --- | ---: | ---: |", *(f"| {a} | {b} | {c} |" for a, b, c in rows), ""]


def page(
    flow: Path, tools: list[Tool], missing: list[str], results: dict[tuple[str, int, int], dict[str, Measured]], command: str, runs: int
) -> str:
    lines = [
        "<!-- benchmarks -->",
        f"Machine: {machine()}. Medians of {runs} runs. Written by `{command}`.",
        "",
        "| tool | version |",
        "| --- | --- |",
        *(f"| {tool.name} | {tool.version()} |" for tool in tools),
        "",
        *(f"- Not measured: {reason}" for reason in missing),
        "",
    ]
    lines += ["### The program itself", "", *budgets(flow, results)]
    keys = sorted({(latency, size) for _, size, latency in results})
    for latency, size in keys:
        lines += [
            f"### {size:,} records, {latency} ms a request",
            "",
            "| act | tool | time | processor | peak memory | requests | by method | at the cloud's rate limit |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: |",
        ]
        for act in ACTS:
            for tool in tools:
                measured = results.get((tool.name, size, latency), {}).get(act)
                if measured is None:
                    continue
                # Requests beyond the allowance of five minutes wait for the next one.
                limited = max(measured.wall, (max(measured.calls, 1) - 1) // ALLOWED * WINDOW)
                lines.append(
                    f"| {act} | {tool.name} | {seconds(measured.wall)} | {seconds(measured.cpu)} | {measured.memory:.0f} MiB "
                    f"| {measured.calls:,} | {methods(measured.requests)} | {seconds(limited)} |"
                )
            lines.append(f"| {act} | *floor* | | | | {floor(size)[act]:,} | | |")
        lines.append("")
    lines.append("<!-- end of benchmarks -->")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--latency", type=int, nargs="+", default=[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--flow", type=Path, default=ROOT / "target/release/flow")
    parser.add_argument("--tofu", type=Path)
    parser.add_argument("--provider", type=Path, help="the program terraform-provider-cloudflare")
    parser.add_argument("--slow-only", type=int, default=1000, help="the largest size for tools other than FleetFlow, with latency")
    parser.add_argument("--out", type=Path, help="a page with marks, between which the tables are put")
    options = parser.parse_args()

    cache = ROOT / "target/peers"
    cache.mkdir(parents=True, exist_ok=True)
    tools: list[Tool] = [FleetFlow(options.flow.resolve())]
    missing: list[str] = []
    try:
        tools.append(OctoDns(cache))
    except (subprocess.CalledProcessError, OSError) as error:
        missing.append(f"octoDNS: it cannot be installed ({error})")
    if options.tofu and options.provider and options.provider.exists():
        tools.append(OpenTofu(options.tofu.resolve(), options.provider.resolve()))
    else:
        missing.append("OpenTofu: give `--tofu` and `--provider`; the provider comes from a registry that tests must not need")

    results: dict[tuple[str, int, int], dict[str, Measured]] = {}
    for latency in options.latency:
        for size in options.sizes:
            runs: dict[str, list[dict[str, Measured]]] = {}
            # In turns, so that a busy moment of the machine hits everybody alike.
            for _ in range(options.runs):
                for tool in tools:
                    if latency and size > options.slow_only and not isinstance(tool, FleetFlow):
                        continue
                    print(f"{tool.name}: {size} records, {latency} ms", file=sys.stderr, flush=True)
                    try:
                        runs.setdefault(tool.name, []).append(life(tool, options.flow.resolve(), size, latency))
                    except RuntimeError as error:
                        missing.append(f"{tool.name} with {size} records: {str(error).splitlines()[-1]}")
            for name, found in runs.items():
                results[name, size, latency] = {act: middle(found, act) for act in ACTS}

    text = page(options.flow.resolve(), tools, list(dict.fromkeys(missing)), results, "python3 benches/compare.py " + " ".join(sys.argv[1:]), options.runs)
    if not options.out:
        print(text)
        return
    before = options.out.read_text()
    head, _, rest = before.partition("<!-- benchmarks -->")
    _, _, tail = rest.partition("<!-- end of benchmarks -->")
    options.out.write_text(head + text + tail)
    for latency in options.latency:
        plot(results, latency, options.out.with_name("pictures") / f"records-{latency}ms.svg")


if __name__ == "__main__":
    main()
