"""What Python costs beside the work that Rust has with the same stack anyway."""

from __future__ import annotations

import time

from fleetflow import Dns, R2Bucket, Sandbox


def test_a_thousand_resources_plan_within_twice_the_time_of_rust(fleetflow_sandbox: Sandbox) -> None:
    began = time.perf_counter()
    stack = fleetflow_sandbox.stack("many")
    stack.add(*(R2Bucket(f"bucket-{number}", location="apac") for number in range(500)))
    dns = stack.add(Dns("example.jp"))
    for number in range(500):
        dns.record(f"host-{number}", type="A", value=f"192.0.2.{number % 256}", comment="one of many")
    declared = time.perf_counter() - began
    stack.check()  # What a process does once is not counted.

    began = time.perf_counter()
    stack._core()  # What Python hands over.
    handed = time.perf_counter() - began
    began = time.perf_counter()
    problems = stack.check()
    checked = time.perf_counter() - began
    assert problems == ()
    rust = checked - handed
    assert declared + checked <= 2 * rust, f"declared in {declared:.3f} s, handed in {handed:.3f} s, Rust {rust:.3f} s"
