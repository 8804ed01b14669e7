"""Stacks that several tests use."""

from __future__ import annotations

from fleetflow import Disk, Plan, Sandbox, Server, Stack


def server(name: str = "web") -> Server:
    """A small server."""
    return Server(name, plan=Plan(core=2, memory=4), disk=Disk(size=20, os="ubuntu-24.04"))


def shop(sandbox: Sandbox, *servers: str) -> Stack:
    """A stack of servers, to converge in ``sandbox``."""
    stack = sandbox.stack("shop")
    for name in servers or ("web",):
        stack.add(server(name))
    return stack
