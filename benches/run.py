#!/usr/bin/env python3
"""Measures the release program against the emulated clouds, and writes the sections of `docs/benchmarks.md`.

    cargo build --profile dist -p fleetflow-cli --bin flow
    python3 benches/run.py             # all sections, 3 runs each
    python3 benches/run.py growth      # one of them

Every run has a fresh world. The figures of each single run are kept in `target/bench/`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import budgets
import compare
import growth
import stacks
from measured import ROOT, say


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="budgets, growth, stacks, peers, limited; all of them without one")
    parser.add_argument("--flow", type=Path, default=ROOT / "target/dist/flow", help="the program")
    parser.add_argument("--runs", type=int, default=3, help="how often each life is lived")
    parser.add_argument("--sizes", type=int, nargs="+", default=growth.SIZES, help="n, of growth")
    parser.add_argument("--only", default="", metavar="WORDS", help="the works of peers with these words in their names: 'records'")
    parser.add_argument("--latency", type=int, nargs="+", default=growth.LATENCIES, help="milliseconds a request, of growth")
    for name, words in (
        ("tofu", "the program of OpenTofu"),
        ("provider-cloudflare", "the program terraform-provider-cloudflare, of version 4"),
        ("provider-sakura", "the program terraform-provider-sakuracloud"),
        ("usacloud", "the program of usacloud"),
        ("compose", "the program docker-compose; the one on the path without it"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="PROGRAM", help=words)
    options = parser.parse_args()
    flow = options.flow.resolve()
    sections = {
        "budgets": lambda: budgets.measure(flow, options.runs),
        "growth": lambda: growth.measure(flow, options.runs, tuple(options.sizes), tuple(options.latency)),
        "stacks": lambda: stacks.measure(flow, options.runs),
        "peers": lambda: compare.measure(flow, options.runs, options),
        "limited": lambda: compare.limited(flow, options),
    }
    unknown = set(options.sections) - set(sections)
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(sections)}")
    for name, does in sections.items():
        if not options.sections or name in options.sections:
            began = time.monotonic()
            does()
            say(f"{name}: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
