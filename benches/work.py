"""What is to be made, as FleetFlow is told it, and what the clouds' APIs allow at best. It runs nothing."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from measured import ROOT

ZONES = ("creo-memories.com", "example.com", "example.jp")
# Records in one request: the first and the third zone are on the plan without fees
# (https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/).
BATCH = {"creo-memories.com": 200, "example.com": 3500, "example.jp": 200}
ACTS = ("create", "no change", "one change", "remove")


@dataclass(frozen=True)
class Floor:
    """The fewest requests, and how many of them have to wait for each other, if the API alone sets limits."""

    calls: Optional[int] = None
    trips: Optional[int] = None


class Work:
    """Something to make. `changed` is the same with one thing in it otherwise."""

    name = ""
    # What the four acts are called with: the stage, where there are stages.
    stage: Optional[str] = None

    def write(self, folder: Path, changed: bool) -> None:
        raise NotImplementedError

    def floor(self, act: str) -> Floor:
        return Floor()


def address(number: int) -> str:
    return f"198.51.{number // 256 % 256}.{number % 256}"


def zone(name: str, count: int, changed: bool) -> str:
    """A zone with addresses."""
    lines = [
        f'    record "host-{number}" type="A" value="{"203.0.113.1" if changed and number == 0 else address(number)}"'
        for number in range(count)
    ]
    return "\n".join([f'dns "{name}" {{', *lines, "}", ""])


def batches(name: str, count: int) -> int:
    return math.ceil(count / BATCH[name])


class Records(Work):
    """One zone with addresses."""

    def __init__(self, size: int) -> None:
        self.size, self.name = size, f"{size:,} records"

    def values(self, changed: bool) -> dict[str, str]:
        values = {f"host-{number}": address(number) for number in range(self.size)}
        return {**values, "host-0": "203.0.113.1"} if changed else values

    def write(self, folder: Path, changed: bool) -> None:
        (folder / "flow.kdl").write_text(f'project "bench"\n{zone(ZONES[0], self.size, changed)}')

    def floor(self, act: str) -> Floor:
        # The zone by its name, all its records in one page, then all writes at once.
        writes = {"create": batches(ZONES[0], self.size), "no change": 0, "one change": 1}
        count = writes.get(act, batches(ZONES[0], self.size))
        return Floor(2 + count, 2 + min(count, 1))


class Mixed(Work):
    """What Stack M has, in its proportions, but `size` resources of it."""

    def __init__(self, size: int) -> None:
        self.size, self.name = size, f"{size:,} mixed resources"
        part = size / 1240
        self.servers, self.buckets, self.workers, self.sites, self.namespaces = (
            max(1, round(count * part)) for count in (6, 6, 5, 2, 3)
        )
        # A server has a network and two containers.
        rest = 4 * self.servers + self.buckets + self.workers + self.sites + self.namespaces
        each, more = divmod(size - rest, len(ZONES))
        self.records = {name: each + (at < more) for at, name in enumerate(ZONES)}

    def write(self, folder: Path, changed: bool) -> None:
        for name in ("worker.js", "site"):
            copied(ROOT / "examples/stack-m" / name, folder / name)
        several = [
            *(
                f'server "m-{number}" {{ plan core=2 memory=4; disk size=40 os="ubuntu-24.04"; deploy-services "m-stack" }}'
                for number in range(self.servers)
            ),
            *(f'r2-bucket "m-bucket-{number}"' for number in range(self.buckets)),
            *(
                f'worker "m-worker-{number}" source="./worker.js" compatibility-date="2026-01-31"'
                for number in range(self.workers)
            ),
            *(f'pages "m-site-{number}" source="./site"' for number in range(self.sites)),
            *(f'kv-namespace "m-cache-{number}"' for number in range(self.namespaces)),
        ]
        zones = [zone(name, count, changed and name == ZONES[0]) for name, count in self.records.items()]
        (folder / "flow.kdl").write_text(
            'project "bench"\nproviders {\n    sakura-cloud { zone "tk1a" }\n}\n'
            'service-group "m-stack" {\n'
            '    service "database" image="surrealdb/surrealdb:v1.5.4" port=8000\n'
            '    service "vectors" image="qdrant/qdrant:latest" port=6333\n}\n'
            + "\n".join([*several, *zones])
        )

    def floor(self, act: str) -> Floor:
        # Zones, the records of each, buckets, namespaces, Workers, servers: one list each; sites in pages of 25;
        # networks and containers of each server. What is in a zone or on a server has to wait for the first.
        look = 8 + math.ceil(self.sites / 25) + 2 * self.servers
        return {"no change": Floor(look, 2), "one change": Floor(look + 1, 3)}.get(act, Floor())


class StackM(Work):
    """The stack that the budgets are about."""

    name = "Stack M"
    stage = "prod"

    def write(self, folder: Path, changed: bool) -> None:
        for name in ("worker.js", "site"):
            copied(ROOT / "examples/stack-m" / name, folder / name)
        text = (ROOT / "examples/stack-m/flow.kdl").read_text()
        (folder / "flow.kdl").write_text(text.replace("198.51.100.7", "203.0.113.1", 1) if changed else text)

    def floor(self, act: str) -> Floor:
        return {"no change": Floor(21, 2), "one change": Floor(22, 3)}.get(act, Floor())


class Example(Work):
    """The example of the first page: a server with services, a bucket with a domain, a record."""

    name = "the example"
    stage = "dev"

    def write(self, folder: Path, changed: bool) -> None:
        copied(ROOT / "examples/creo-memories/apps", folder / "apps")
        text = (ROOT / "examples/creo-memories/flow.kdl").read_text()
        (folder / "flow.kdl").write_text(text.replace("port 3000", "port 3001") if changed else text)


class Containers(Work):
    """Many containers on many servers."""

    def __init__(self, servers: int, each: int) -> None:
        self.servers, self.each = servers, each
        self.name = f"{servers * each} containers on {servers} servers"

    def write(self, folder: Path, changed: bool) -> None:
        lines = ['project "bench"', 'providers {\n    sakura-cloud { zone "tk1a" }\n}']
        for server in range(self.servers):
            lines.append(f'service-group "group-{server}" {{')
            for number in range(self.each):
                tag = "2" if changed and server == number == 0 else "1"
                lines.append(f'    service "app-{number}" image="example/app:{tag}" port={8000 + number}')
            lines.append("}")
            lines.append(
                f'server "m-{server}" {{ plan core=2 memory=4; disk size=40 os="ubuntu-24.04"; deploy-services "group-{server}" }}'
            )
        (folder / "flow.kdl").write_text("\n".join(lines) + "\n")

    def floor(self, act: str) -> Floor:
        # One list of servers, then networks and containers of each.
        return {"no change": Floor(1 + 2 * self.servers, 2)}.get(act, Floor())


class Servers(Work):
    """Servers with a disk each, and nothing on them."""

    def __init__(self, count: int) -> None:
        self.count, self.name = count, f"{count} servers"

    def names(self) -> list[str]:
        return [f"web-{number}" for number in range(self.count)]

    def write(self, folder: Path, changed: bool) -> None:
        lines = ['project "bench"', 'providers {\n    sakura-cloud { zone "tk1a" }\n}']
        for number, name in enumerate(self.names()):
            tags = ' tags "changed";' if changed and number == 0 else ""
            lines.append(f'server "{name}" {{ plan core=2 memory=4;{tags} disk size=40 os="ubuntu-24.04" }}')
        (folder / "flow.kdl").write_text("\n".join(lines) + "\n")


class Stores(Work):
    """Buckets, namespaces and Workers."""

    def __init__(self, count: int) -> None:
        self.count, self.name = count, f"{count} buckets, {count} KV namespaces and {count} Workers"

    def buckets(self) -> list[str]:
        return [f"bench-bucket-{number}" for number in range(self.count)]

    def namespaces(self) -> list[str]:
        return [f"bench-cache-{number}" for number in range(self.count)]

    def workers(self) -> list[str]:
        return [f"bench-worker-{number}" for number in range(self.count)]

    def write(self, folder: Path, changed: bool) -> None:
        copied(ROOT / "examples/stack-m/worker.js", folder / "worker.js")
        (folder / "changed.js").write_text((folder / "worker.js").read_text() + "// changed\n")
        lines = ['project "bench"', *(f'r2-bucket "{name}"' for name in self.buckets())]
        lines += [f'kv-namespace "{name}"' for name in self.namespaces()]
        for number, name in enumerate(self.workers()):
            script = "changed.js" if changed and number == 0 else "worker.js"
            lines.append(f'worker "{name}" source="./{script}" compatibility-date="2026-01-31"')
        (folder / "flow.kdl").write_text("\n".join(lines) + "\n")


class Services(Work):
    """Containers of the engine of this machine."""

    def __init__(self, count: int) -> None:
        self.count, self.name = count, f"{count} containers on one engine"

    def names(self) -> list[str]:
        return [f"app-{number}" for number in range(self.count)]

    def image(self, number: int, changed: bool) -> str:
        return f"example/app-{number}:{2 if changed and number == 0 else 1}"

    def write(self, folder: Path, changed: bool) -> None:
        services = [
            f'    service "{name}" image="{self.image(number, changed)}" port={8000 + number}'
            for number, name in enumerate(self.names())
        ]
        lines = ['project "bench"', 'service-group "bench" {', *services, "}", 'deploy-services "bench"']
        (folder / "flow.kdl").write_text("\n".join(lines) + "\n")


def copied(source: Path, target: Path) -> None:
    if target.exists():
        return
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
