"""The same stack in KDL and in Python is the same to the byte, and the same mistake is the same problem at the same path.

That KDL and Rust agree is tested with the examples in Rust.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

import fleetflow
from fleetflow import ConfigError, Dns, Plan, R2Bucket, Sandbox, Server, ServiceGroup, Stack, StackPlan

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / name / "stack.py"))


@pytest.mark.parametrize("name", [path.parent.name for path in EXAMPLES.glob("*/stack.py")])
def test_the_examples_are_the_same_stack(name: str) -> None:
    def plans(sandbox: Sandbox) -> tuple[StackPlan, StackPlan]:
        file = sandbox.load(EXAMPLES / name / "flow.kdl", stage="dev")
        python = example(name)["fill"](sandbox.stack(file.project, stage="dev", root=EXAMPLES / name))
        declared = [json.dumps(stack.declarations(), sort_keys=True) for stack in (file, python)]
        assert declared[0] == declared[1]
        return file.plan(), python.plan()

    with Sandbox() as sandbox:
        file, python = plans(sandbox)
        assert file.to_json() == python.to_json() and len(file) > 3
        # Both remember the same state: what one of them made is as the other one declares.
        example(name)["fill"](sandbox.stack(file.project, stage="dev", root=EXAMPLES / name)).converge()
        file, python = plans(sandbox)
        assert file.to_json() == python.to_json() and file.is_empty


BAD: list[tuple[str, list[fleetflow.Resource]]] = [
    (
        'r2-bucket "uploads" { location "MARS"; cors { allowed-origins "*" } }',
        [R2Bucket("uploads", location="MARS", cors={"allowed_origins": "*"})],  # type: ignore[arg-type]
    ),
    (
        'server "web" { plan core=900 memory=4; disk size=20 os="debian-12"; zone "is1b"; hostname 5 }',
        [
            Server(
                "web",
                plan=Plan(core=900, memory=4),
                disk=fleetflow.Disk(20, "debian-12"),
                zone="is1b",
                hostname=5,  # type: ignore[arg-type]
            )
        ],
    ),
    (
        'server "web" { plan core=1 memory=1; disk size=20; zone "nowhere" }',
        [Server("web", plan=Plan(1, 1), disk=20, zone="nowhere")],
    ),
    (
        'dns "example.jp" { record "mail" type="MX" value="mail.example.jp"; record "x" type="A" value="no" }',
        [
            Dns(
                "example.jp",
                record=[
                    fleetflow.Record("mail", type="MX", value="mail.example.jp"),
                    fleetflow.Record("x", type="A", value="no"),
                ],
            )
        ],
    ),
    (
        'service-group "app" { service "a" { port "x" }; service "b" image="b:1" { depends-on "c" } }\n'
        'deploy-services "app"',
        [
            ServiceGroup(
                "app",
                service=[fleetflow.Service("a", port="x"), fleetflow.Service("b", image="b:1", depends_on="c")],
            ),
            fleetflow.DeployServices("app"),
        ],
    ),
]


@pytest.mark.parametrize(("text", "declared"), BAD)
def test_the_same_mistake_is_the_same_problem(text: str, declared: list[fleetflow.Resource], tmp_path: Path) -> None:
    stack = Stack("shop", stage="dev")
    stack.add(*declared)
    (tmp_path / "flow.kdl").write_text(f'stage "dev" {{\n{text}\n}}\n')
    with pytest.raises(ConfigError) as raised:
        fleetflow.load(tmp_path / "flow.kdl")
    of_file = {problem.message for problem in raised.value.problems}
    of_python = {problem.message for problem in stack.check()}
    assert of_file == of_python and of_python
    assert all(problem.path and problem.address for problem in stack.check())
