"""Stack M in Python: the stack that budgets are measured with, also in ``stack.rs`` and ``flow.kdl``. It contacts nobody."""

from __future__ import annotations

from ipaddress import IPv4Address

from fleetflow import Disk, Dns, KvNamespace, Pages, Plan, R2Bucket, Server, ServiceGroup, Stack, Worker

STAGE = "prod"

ZONES = ("creo-memories.com", "example.com", "example.jp")
RECORDS = 400
FIRST_ADDRESS = IPv4Address("198.51.100.0")


def fill(stack: Stack) -> Stack:
    """Adds everything that the stage ``prod`` shall consist of."""
    for name in ZONES:
        zone = stack.add(Dns(name))
        for number in range(RECORDS):
            address = str(FIRST_ADDRESS + number % 256)
            zone.record(f"host-{number}", type="A", value=address, proxied=number % 2 == 0)
    services = stack.add(ServiceGroup("m-stack"))
    services.service("database", image="surrealdb/surrealdb:v1.5.4", port=8000)
    services.service("vectors", image="qdrant/qdrant:latest", port=6333)
    for number in range(1, 7):
        stack.add(Server(f"m-{number}", plan=Plan(2, 4), disk=Disk(40, "ubuntu-24.04"), deploy_services="m-stack"))
    for number in range(1, 7):
        stack.add(R2Bucket(f"m-bucket-{number}"))
    for number in range(1, 6):
        stack.add(Worker(f"m-worker-{number}", source="./worker.js", compatibility_date="2026-01-31"))
    for number in range(1, 3):
        stack.add(Pages(f"m-site-{number}", source="./site"))
    for number in range(1, 4):
        stack.add(KvNamespace(f"m-cache-{number}"))
    return stack
