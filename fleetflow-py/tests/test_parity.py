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


SERVER = 'server "web" { plan core=1 memory=1; disk size=20 os="debian-12"; zone "tk1a" }'


def small(name: str = "web", os: str = "debian-12") -> Server:
    return Server(name, plan=Plan(1, 1), disk=fleetflow.Disk(20, os), zone="tk1a")


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
    (
        f"{SERVER}; scale \"web\" {{ min 3; max 2; cpu-threshold 120; target 90 }}",
        [small(), fleetflow.Scale("web", min=3, max=2, cpu_threshold=120, target=90)],
    ),
    (
        f"{SERVER}; scale \"wep\" {{ min 1; max 2 }}; scale \"web\" {{ min 0; max 101; metrics \"docker\" }}",
        [
            small(),
            fleetflow.Scale("wep", min=1, max=2),
            fleetflow.Scale("web", min=0, max=101, metrics="docker"),
        ],
    ),
    (
        f"{SERVER}; dns \"example.jp\" {{ record \"a\" type=\"A\" value=server.wep.ip; "
        'record "b" type="A" value=server.web.ipp }; dns "example.com" { record "c" type="TXT" value="x" ttl=5 }',
        [
            small(),
            Dns(
                "example.jp",
                record=[
                    fleetflow.Record("a", type="A", value=fleetflow.Output("server.wep", "ip")),
                    fleetflow.Record("b", type="A", value=fleetflow.Output("server.web", "ipp")),
                ],
            ),
            Dns("example.com", record=fleetflow.Record("c", type="TXT", value="x", ttl=5)),
        ],
    ),
    (
        'server "web" { plan core=1 memory=1; disk size=20 os="debian-12"; zone "tk1a"; packet-filter "none"; '
        'hostname "_"; ssh-key 5 }',
        [
            Server(
                "web",
                plan=Plan(1, 1),
                disk=fleetflow.Disk(20, "debian-12"),
                zone="tk1a",
                packet_filter="none",
                hostname="_",
                ssh_key=5,  # type: ignore[arg-type]
            )
        ],
    ),
    (
        'packet-filter "web" { rule "tcp" port="99999"; rule "xcp"; rule "tcp" action="perhaps" source="10.0.0.300" }',
        [
            fleetflow.PacketFilter(
                "web",
                rule=[
                    fleetflow.PacketRule("tcp", port="99999"),
                    fleetflow.PacketRule("xcp"),  # type: ignore[arg-type]
                    fleetflow.PacketRule("tcp", action="perhaps", source="10.0.0.300"),  # type: ignore[arg-type]
                ],
            )
        ],
    ),
    (
        'ssh-key "mine" { public-key "no key" }; kv-namespace ""; pages "site" { source "./dist"; custom-domain "no domain" }',
        [
            fleetflow.SshKey("mine", public_key="no key"),
            fleetflow.KvNamespace(""),
            fleetflow.Pages("site", source="./dist", custom_domain="no domain"),
        ],
    ),
    (
        'worker "api" { source "api.js"; cron "every day"; route "no route"; compatibility-date "yesterday" }',
        [
            fleetflow.Worker(
                "api", source="api.js", cron="every day", route="no route", compatibility_date="yesterday"
            )
        ],
    ),
    (
        'service-group "app" { service "a" image="a:1" memory="lots" restart="sometimes" { volume "x"; port 70000; '
        'health-check http="/" port="x" }; service "b" image="b:1" { depends-on "b" } }\ndeploy-services "app"',
        [
            ServiceGroup(
                "app",
                service=[
                    fleetflow.Service(
                        "a",
                        image="a:1",
                        memory="lots",
                        restart="sometimes",  # type: ignore[arg-type]
                        volume="x",
                        port=70000,
                        health_check=fleetflow.HealthCheck(http="/", port="x"),  # type: ignore[arg-type]
                    ),
                    fleetflow.Service("b", image="b:1", depends_on="b"),
                ],
            ),
            fleetflow.DeployServices("app"),
        ],
    ),
    (
        SERVER.replace("zone", 'deploy-services "none"; zone'),
        [Server("web", plan=Plan(1, 1), disk=fleetflow.Disk(20, "debian-12"), zone="tk1a", deploy_services="none")],
    ),
    (
        f"{SERVER.replace('web', 'db')}; {SERVER.replace('debian-12', 'debian-1')}",
        [small("db"), small("web", "debian-1")],
    ),
]


@pytest.mark.parametrize(("text", "declared"), BAD)
def test_the_same_mistake_is_the_same_problem(text: str, declared: list[fleetflow.Resource], tmp_path: Path) -> None:
    stack = Stack("shop", stage="dev")
    stack.add(*declared)
    (tmp_path / "flow.kdl").write_text(f'stage "dev" {{\n{text}\n}}\n')
    with pytest.raises(ConfigError) as raised:
        fleetflow.load(tmp_path / "flow.kdl")
    of_file = {problem.message: (problem.address, problem.path) for problem in raised.value.problems}
    of_python = {problem.message: (problem.address, problem.path) for problem in stack.check()}
    assert of_file.keys() == of_python.keys() and of_python
    # What the reader of the file sees by itself has a place there instead of an address.
    assert all(where == of_python[message] for message, where in of_file.items() if where[0])
    assert all(problem.place for problem in raised.value.problems)
