"""The stack of ``flow.kdl`` beside this file, written in Python. It contacts nobody."""

from __future__ import annotations

from fleetflow import (
    Dns,
    Disk,
    HealthCheck,
    KvNamespace,
    PacketFilter,
    PacketRule,
    Plan,
    Port,
    Scale,
    Server,
    ServiceGroup,
    Stack,
)


def fill(stack: Stack) -> Stack:
    """Adds everything that the stage ``dev`` shall consist of."""
    web = stack.add(
        Server(
            "web",
            plan=Plan(core=2, memory=4),
            disk=Disk(size=40, os="debian-12"),
            packet_filter="web",
            tags=["shop", "front"],
            deploy_services="shop",
        )
    )
    stack.add(Scale("web", min=2, max=5, cpu_threshold=75, cooldown_down=900, metrics="docker"))
    stack.add(
        PacketFilter(
            "web",
            rule=[
                *(PacketRule("tcp", port=port) for port in ("22", "80", "443")),
                PacketRule("icmp"),
                PacketRule("ip", action="deny"),
            ],
        )
    )
    stack.add(KvNamespace("shop-sessions"))
    dns = stack.add(Dns("creo-memories.com"))
    dns.record("www", type="A", value=web.ip, proxied=True)
    dns.record("@", type="MX", value="mx.example.com", priority=10)
    dns.record("@", type="TXT", value="v=spf1 mx -all")
    shop = stack.add(ServiceGroup("shop"))
    shop.service("cache", image="redis:7", memory="256m")
    shop.service(
        "front",
        image="nginx:1",
        port=Port(host=80, container=8080),
        env={"CACHE": "redis://cache:6379", "WORKERS": 4},
        volume="uploads:/srv/uploads",
        depends_on="cache",
        health_check=HealthCheck(http="/healthz", port=8080),
        stop_grace_period="30s",
    )
    return stack
