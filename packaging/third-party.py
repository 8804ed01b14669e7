#!/usr/bin/env python3
"""Prints the licence notices of everything that is linked into the program, from what cargo fetched.

It reads `cargo metadata` and the licence files of the packages. A package without a file is named with the licence that
it declares. It decides nothing: what is allowed is in deny.toml.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

NAMES = ("license", "licence", "copying", "notice", "unlicense", "copyright")


def metadata(target: str) -> dict:
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def linked(facts: dict, root: str) -> set[str]:
    """The ids of what `root` depends on, but for tests."""
    nodes = {node["id"]: node for node in facts["resolve"]["nodes"]}
    [start] = [package["id"] for package in facts["packages"] if package["name"] == root]
    seen, left = set(), [start]
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        for dependency in nodes[one]["deps"]:
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return seen


def notices(package: dict) -> list[str]:
    folder = Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name.lower().startswith(NAMES))
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]


def main() -> None:
    facts = metadata(sys.argv[1] if len(sys.argv) > 1 else "x86_64-unknown-linux-gnu")
    wanted = linked(facts, "fleetflow-cli")
    packages = [one for one in facts["packages"] if one["id"] in wanted and not one["name"].startswith("fleetflow")]
    packages.sort(key=lambda one: (one["name"], one["version"]))
    by_text: dict[str, list[str]] = {}
    without = []
    for package in packages:
        label = f"{package['name']} {package['version']}"
        texts = notices(package)
        for text in texts:
            by_text.setdefault(text, []).append(label)
        if not texts:
            without.append(f"{label}: {package['license'] or 'no licence is declared'}")
    print(f"FleetFlow is linked with {len(packages)} packages of other people. Thank you. Their licences:\n")
    for text, labels in sorted(by_text.items(), key=lambda item: (-len(item[1]), item[1])):
        print("=" * 78)
        print(", ".join(labels), end="\n\n")
        print(text, end="\n\n")
    if without:
        print("=" * 78)
        print("These packages come without a file of their licence; they declare:\n")
        print("\n".join(without))


main()
