"""The stack of ``flow.kdl`` beside this file, written in Python. Run, it converges on emulated clouds.

It shows the plan, carries it out, shows that a second run has nothing to do, and removes everything again.
"""

from __future__ import annotations

from pathlib import Path

from fleetflow import Disk, Dns, Done, Event, Plan, R2Bucket, Sandbox, Server, ServiceGroup, Stack

FOLDER = Path(__file__).parent


def fill(stack: Stack) -> Stack:
    """Adds everything that the stage ``dev`` shall consist of."""
    server = Server(
        "creo-dev-01",
        plan=Plan(core=4, memory=4),
        disk=Disk(size=100, os="ubuntu-24.04"),
        deploy_services="creo-stack",
    )
    bucket = R2Bucket("creo-attachments", custom_domain="cdn.creo-memories.com")
    dns = Dns("creo-memories.com")
    dns.record("api", type="A", value=server.ip, proxied=True)
    services = ServiceGroup("creo-stack")
    services.service("surrealdb", image="surrealdb/surrealdb:v1.5.4", port=8000)
    services.service("qdrant", image="qdrant/qdrant:latest", port=6333)
    services.service("mcp-server", build="./apps/creo-mcp-server", port=3000)
    stack.add(server, bucket, dns, services)
    return stack


def tell(event: Event) -> None:
    """Says what is done."""
    if isinstance(event, Done):
        print(f"  done: {event.address} after {event.elapsed:.3f} s")


def main() -> None:
    """Converges, twice, and removes everything."""
    with Sandbox() as sandbox:
        stack = fill(sandbox.stack("creo-memories", stage="dev", root=FOLDER))
        print(f"to converge: {stack.plan()}")
        report = stack.converge(on_event=tell)
        for address, outputs in report.outputs.items():
            print(f"{address}: {outputs}")
        print(f"once more: {stack.plan()}")
        stack.destroy()
        print("everything is removed")


if __name__ == "__main__":
    main()
