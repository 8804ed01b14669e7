"""The mistakes of ``fleetflow-kdl/tests/bad`` that are not about the text of a file, and those of ``examples/mistakes``, in Python.

Those of a text are named in :data:`OF_THE_TEXT`: what they are about does not exist in Python.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

import fleetflow
from fleetflow import DeployServices, Disk, Dns, Output, Plan, R2Bucket, Resource, Server, Service, ServiceGroup, Worker

Stage = List[Resource]

def said(resource: Resource, **fields: Any) -> Resource:
    """``resource`` with fields that no type checker and no signature has looked at."""
    for name, value in fields.items():
        resource[name] = value
    return resource


def bucket(name: str, *, flags: Optional[Dict[str, Any]] = None, **fields: Any) -> Resource:
    return said(R2Bucket(name, **(flags or {})), **fields)


def a_server(**fields: Any) -> Resource:
    return said(Server("a", plan=Plan(4, 4), disk=Disk(size=20)), **fields)


def output(address: str, name: str) -> Any:
    found: Any = Output[str](address, name)
    return found


def records(*all: Any) -> Resource:
    return said(Dns("example.jp"), record=list(all))


def service(**fields: Any) -> Resource:
    return said(ServiceGroup("g"), service={"name": "a", **fields})


def worker(**fields: Any) -> Resource:
    return said(Worker("a", source="./x"), **fields)


def small(name: str = "web", os: str = "debian-12") -> Server:
    return Server(name, plan=Plan(1, 1), disk=fleetflow.Disk(20, os), zone="tk1a")


TWINS: Dict[str, Callable[[], Stage]] = {
    "bad-name": lambda: [ServiceGroup("my group")],
    "definition-wrong-once": lambda: [a_server(plan=Plan(0, 4))],
    "depends-on-dangling": lambda: [bucket("a", flags={"depends_on": "r2-bucket.b"})],
    "depends-on-form": lambda: [bucket("a", flags={"depends_on": "server"})],
    "deploys-unknown-without-stage": lambda: [ServiceGroup("a", service=Service("a", image="nginx")), DeployServices(["g", "a"])],
    "duplicate-in-stage": lambda: [bucket("a"), bucket("a")],
    "duplicate-resource": lambda: [
        bucket("a"),
        Server("b", plan=Plan(1, 1), disk=Disk(20)),
        bucket("a", location="APAC"),
    ],
    "flag-not-a-flag": lambda: [bucket("a", flags={"protect": "yes"})],
    "group-unknown-in-stage": lambda: [DeployServices("web")],
    "japanese-column": lambda: [bucket("日本", locatoin="APAC")],
    "list-of-wrong-type": lambda: [a_server(tags=["a", 2, "c"])],
    "map-pair-incomplete": lambda: [service(build={"context": "./x", "arg": [{"name": "KEY"}]})],
    "missing-field": lambda: [a_server(plan=None)],
    "missing-field-nested": lambda: [a_server(plan={"core": 4})],
    "missing-in-binding": lambda: [worker(bindings={"type": "kv", "name": "CACHE"})],
    "not-allowed": lambda: [bucket("a", cors={"allowed_origins": "*", "allowed_methods": ["GET", "PAST"]})],
    "not-an-address": lambda: [records(dict(name="www", type="A", value="192.0.2.300"))],
    "out-of-range": lambda: [a_server(plan=Plan(0, 4))],
    "override-wrong": lambda: [a_server(plan=Plan(500, 4))],
    "record-unknown-type": lambda: [
        records(
            {"name": "www", "type": "CNAM", "value": "x.example.jp"},
            {"name": "www", "type": "a", "value": "192.0.2.1"},
        )
    ],
    "record-without-type": lambda: [records(dict(name="www", value="192.0.2.1"))],
    "reference-dangling": lambda: [records(dict(name="www", type="A", value=output("server.web", "ip")))],
    "reference-in-text-dangling": lambda: [service(env={"URL": f"http://{output('server.web', 'ip')}:80"})],
    "reference-in-text-unknown": lambda: [service(image="a:1", env={"URL": f"http://{output('sever.web', 'ip')}:80"})],
    "reference-unknown-kind": lambda: [records(dict(name="www", type="A", value=output("sever.web", "ip")))],
    "reference-where-none-may-be": lambda: [a_server(hostname=output("server.a", "ip"))],
    "unknown-deep": lambda: [service(health_check={"htp": "/x"})],
    "unknown-field": lambda: [bucket("a", locaton="APAC")],
    "unknown-flag": lambda: [bucket("a", protec=True)],
    "unknown-property": lambda: [a_server(plan={"cores": 4, "memory": 4, "core": 1})],
    "value-for-object": lambda: [a_server(plan=4)],
    "variable-of-wrong-type": lambda: [a_server(plan=Plan("many", 4))],  # type: ignore[arg-type]
    "wrong-type": lambda: [a_server(plan=Plan("four", 4))],  # type: ignore[arg-type]
}
"""What is declared, by the name of the file that declares the same."""

OF_THE_TEXT = {
    "a name": "missing-name name-not-text",
    "the environment": "environment-and-value environment-missing-in-text environment-no-name environment-not-a-number "
    "environment-nothing-to-stand-in-for environment-secret-not-a-flag secret-where-none-may-be",
    "files": "include-cycle include-duplicate include-missing include-not-kdl include-with-mistake "
    "include-without-path",
    "stages and definitions": "claimed-by-two-stages definition-unused definition-unused-and-wrong duplicate-definition "
    "group-unknown mistake-in-other-stage record-claimed-by-two-stages stage-default-only stage-in-stage "
    "stage-must-be-chosen stage-protect-is-a-text stage-twice stage-unknown reference-to-other-stage stage-without-name top-level-service "
    "project-twice project-without-name",
    "settings": "providers-twice providers-unknown-field providers-unknown-provider provider-of-another-kind "
    "provider-unknown state-unknown-field state-without-location",
    "variables": "text-empty text-not-closed text-unknown-form variable-cycle variable-option-type "
    "variable-option-unknown variable-twice variable-unknown variable-without-value",
    "syntax": "all-at-once equals-sign argument-on-block argument-too-many field-without-value flag-without-value given-twice-child "
    "given-twice-property given-twice-property-and-child keyword-as-node keyword-as-property map-key-twice "
    "multi-line-string-prefix nan windows-path number-bad-float number-too-large raw-string-v1 scalar-with-block "
    "scalar-with-property snake-case value-for-map wrong-type-block unknown-binding stage-unread stray-brace too-many-values two-syntax-mistakes type-annotation unclosed-block "
    "unclosed-string unknown-node unknown-node-in-stage unquoted-slash misspelt-is-read-as-meant nameless-and-twice-are-checked",
}
"""Names of files by what they are about: text that Python does not have."""

EXAMPLES: Dict[str, Callable[[], Stage]] = {
    "bucket-nowhere": lambda: [R2Bucket("uploads", location="MARS", cors={"allowed_origins": "*"})],  # type: ignore[arg-type]
    "server-too-large": lambda: [
        Server(
            "web",
            plan=Plan(core=900, memory=4),
            disk=fleetflow.Disk(20, "debian-12"),
            zone="is1b",
            hostname=5,  # type: ignore[arg-type]
        )
        ],
    "server-with-a-number-for-a-disk": lambda: [Server("web", plan=Plan(1, 1), disk=20, zone="nowhere")],
    "records-of-another-form": lambda: [
        Dns(
            "example.jp",
            record=[
                fleetflow.Record("mail", type="MX", value="mail.example.jp"),
                fleetflow.Record("x", type="A", value="no"),
            ],
        )
        ],
    "services-of-nothing": lambda: [
        ServiceGroup(
            "app",
            service=[fleetflow.Service("a", port="x"), fleetflow.Service("b", image="b:1", depends_on="c")],
        ),
        fleetflow.DeployServices("app"),
        ],
    "scale-out-of-order": lambda: [small(), fleetflow.Scale("web", min=3, max=2, cpu_threshold=120, target=90)],
    "scale-of-nothing": lambda: [
        small(),
        fleetflow.Scale("wep", min=1, max=2),
        fleetflow.Scale("web", min=0, max=101, metrics="docker"),
        ],
    "references-to-nothing": lambda: [
        small(),
        Dns(
            "example.jp",
            record=[
                fleetflow.Record("a", type="A", value=output("server.wep", "ip")),
                fleetflow.Record("b", type="A", value=output("server.web", "ipp")),
            ],
        ),
        Dns("example.com", record=fleetflow.Record("c", type="TXT", value="x", ttl=5)),
        ],
    "server-with-wrong-names": lambda: [
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
    "packet-filter": lambda: [
        fleetflow.PacketFilter(
            "web",
            rule=[
                fleetflow.PacketRule("tcp", port="99999"),
                fleetflow.PacketRule("xcp"),  # type: ignore[arg-type]
                fleetflow.PacketRule("tcp", action="perhaps", source="10.0.0.300"),  # type: ignore[arg-type]
            ],
        )
        ],
    "texts-of-another-form": lambda: [
        fleetflow.SshKey("mine", public_key="no key"),
        fleetflow.KvNamespace(""),
        fleetflow.Pages("site", source="./dist", custom_domain="no domain"),
        ],
    "worker": lambda: [
        fleetflow.Worker(
            "api", source="api.js", cron="every day", route="no route", compatibility_date="yesterday"
        )
        ],
    "services-of-another-form": lambda: [
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
    "groups-of-nothing": lambda: [Server("web", plan=Plan(1, 1), disk=fleetflow.Disk(20, "debian-12"), zone="tk1a", deploy_services="none")],
    "unknown-system": lambda: [small("db"), small("web", "debian-1")],
}
"""What is declared, by the name of the file of ``examples/mistakes`` that declares the same."""
