"""Declarations: what Python says and what it stands for, and every mistake at its place."""

from __future__ import annotations

import copy
import pickle
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from fleetflow import ConfigError, Disk, Dns, Docker, Plan, R2Bucket, SakuraCloud, Secret, Server, ServiceGroup, Stack
from fleetflow import StartupScript, resources

from stacks import server


def spec_of(stack: Stack, address: str) -> dict[str, object]:
    return next(d["spec"] for d in stack.declarations() if d["address"] == address)


def test_what_is_written_becomes_the_canonical_value() -> None:
    stack = Stack("creo", stage="dev", providers=[SakuraCloud(zone="tk1a")])
    web = stack.add(Server("web", plan=Plan(4, 4), disk=[Disk(100, "debian-12"), 250], tags={"b", "a"}, ssh_key=Path("/keys/id.pub")))
    dns = stack.add(Dns("example.jp"))
    dns.record("www", type="A", value=IPv4Address("192.0.2.1"))  # type: ignore
    dns.record("api", type="A", value=web.ip, proxied=True)
    assert spec_of(stack, "server.web") == {
        "name": "web",
        "plan": {"core": 4, "memory": 4, "commitment": "standard"},
        "disk": [{"size": 100, "os": "debian-12", "plan": "ssd"}, {"size": 250, "plan": "ssd"}],
        "tags": ["a", "b"],
        "ssh_key": ["/keys/id.pub"],
    }
    assert spec_of(stack, "dns.example.jp")["record"] == [
        {"name": "www", "type": "A", "value": ["192.0.2.1"]},
        {"name": "api", "type": "A", "value": [{"$ref": "server.web.ip"}], "proxied": True},
    ]


def test_a_part_of_several_kinds_says_which_it_is() -> None:
    stack = Stack("creo", stage="dev")
    worker = resources.Worker(
        "api",
        source="api.js",
        compatibility_date="2026-08-01",
        bindings=[
            resources.KvBinding("CACHE", "cache"),
            resources.AiBinding("AI"),
            resources.VersionMetadataBinding("VERSION"),
        ],
    )
    stack.add(worker)
    assert spec_of(stack, "worker.api")["bindings"] == [
        {"type": "kv", "name": "CACHE", "namespace": "cache"},
        {"type": "ai", "name": "AI"},
        {"type": "version-metadata", "name": "VERSION"},
    ]
    tagged = [part for part in vars(resources).values() if isinstance(part, type) and part.__name__.endswith("Binding")]
    assert len(tagged) > 25 and all(getattr(part, "_TYPE") for part in tagged)


def test_outputs_and_secrets_stand_inside_texts() -> None:
    stack = Stack("creo", providers=[SakuraCloud(zone="tk1a")])
    db = stack.add(server("db"))
    password = stack.secret("password", "hunter2")
    group = ServiceGroup("app")
    service = group.service("api", image="example/api:1")
    service["env"] = {
        "alone": f"{db.ip}",
        "url": f"postgres://app:{password}@{db.ip}:5432/app",
        "sum": "http://" + db.ip + "/" + db.hostname,
        "old": "http://%s/{}".format(db.hostname) % db.ip,
        "port": 3000,
    }
    stack.add(group)
    ip, hostname, secret = {"$ref": "server.db.ip"}, {"$ref": "server.db.hostname"}, {"$secret": "password"}
    assert stack.declarations()[1]["spec"]["service"][0]["env"] == {
        "alone": ip,
        "url": {"$text": ["postgres://app:", secret, "@", ip, ":5432/app"]},
        "sum": {"$text": ["http://", ip, "/", hostname]},
        "old": {"$text": ["http://", ip, "/", hostname]},
        "port": "3000",
    }
    assert stack.check() == ()
    assert "hunter2" not in repr(stack) + repr(vars(stack)) + repr(stack.declarations())


def test_a_text_that_was_cut_is_a_mistake_and_so_is_a_format() -> None:
    stack = Stack("creo")
    web = stack.add(server())
    dns = stack.add(Dns("example.jp"))
    dns.record("a", type="TXT", value=f"x {web.ip}"[:-3])
    [problem] = [problem for problem in stack.check() if problem.path == "record[0].value"]
    assert "was cut or changed" in problem.message
    with pytest.raises(TypeError, match="takes no format"):
        f"{web.ip:>20}"
    with pytest.raises(TypeError):
        web.ip + 5  # type: ignore[operator]


def test_every_mistake_comes_with_its_path() -> None:
    stack = Stack("creo")
    red = server("red")
    red["colour"] = "red"
    stack.add(
        red,
        Server("web", plan=Plan(core=1, memory=1), disk=Disk(size=100, os=object())),  # type: ignore
        Server("big", plan=Plan(core="four", memory=4000), disk=Disk(size=20)),  # type: ignore
        Server("two", plan=Plan(core=1, memory=1), disk=Disk(size=True)),
        Dns("example.jp", record={"name": "x", "typ": "A", "value": float("nan")}),  # type: ignore
        Dns("example.org", record={"name": "x", "type": "A", "value": "$x"}),  # type: ignore
        R2Bucket("uploads", depends_on="server"),
        R2Bucket("other", location="MARS"),  # type: ignore
    )
    found = {(problem.address, problem.path): problem.message for problem in stack.check()}
    assert found[("server.web", "disk.os")] == "a Python object of type `object` cannot stand in a declaration"
    assert found[("server.two", "disk[0].size")] == "expected a whole number, found #true"
    assert found[("server.big", "plan.core")] == "expected a whole number, found text \"four\""
    assert found[("server.big", "plan.memory")] == "4000 is out of range"
    assert found[("server.red", "colour")] == "unknown field `colour`"
    assert found[("dns.example.jp", "record.value")] == "NaN is no number"
    assert ("dns.example.org", "record[0].value[0]") in found
    assert ("r2-bucket.uploads", "depends_on[0]") in found
    assert found[("r2-bucket.other", "location")] == '"MARS" is not allowed here'
    with pytest.raises(ConfigError) as raised:
        stack.plan()
    assert {(problem.address, problem.path) for problem in raised.value.problems} == set(found)


def test_problems_of_the_stack_name_what_is_missing() -> None:
    stack = Stack("creo")
    other = server("other")
    dns = stack.add(Dns("example.jp"))
    dns.record("api", type="A", value=other.ip)
    [problem] = stack.check()
    assert (problem.address, problem.path) == ("dns.example.jp", "record[0].value[0]")
    assert "other" in problem.message
    [problem] = Stack("a/b").check()
    assert "cannot name a project" in problem.message
    problems = Stack("a", providers=[SakuraCloud(zone=4), Docker()]).check()  # type: ignore
    assert [problem.path for problem in problems] == ["sakura_cloud.zone"]


def test_a_part_of_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    stack = Stack("creo")
    stack.add(R2Bucket("uploads", cors=endless))  # type: ignore
    assert "nested too deeply" in stack.check()[0].message


def test_fields_are_items_and_outputs_are_attributes() -> None:
    web = server()
    assert web["plan"]["memory"] == 4 and "zone" not in web
    web["zone"] = "is1b"
    web["plan"]["memory"] = 8
    twin = pickle.loads(pickle.dumps(web))
    assert twin == web and twin["zone"] == "is1b"
    copied = copy.copy(web)
    copied["zone"] = "tk1a"
    assert web["zone"] == "is1b" and copied != web
    del web["zone"]
    web["hostname"] = None
    assert "zone" not in web and "hostname" not in web
    assert repr(web) == (
        "Server('web', disk=Disk(20, os='ubuntu-24.04', plan='ssd'), plan=Plan(2, memory=8, commitment='standard'))"
    )
    assert str(web.ip.address) == "server.web" and repr(web.zone) == "<output server.web.zone>"
    assert web.ip == server().ip and web.ip != web.id and web.output("ip") == web.ip


def test_flags_reach_the_declaration() -> None:
    stack = Stack("creo")
    first = stack.add(R2Bucket("first", protect=True, adopt=True))
    stack.add(R2Bucket("second", retain=True, adopt="id", depends_on=[first, "r2-bucket.third"]), R2Bucket("third"))
    first_, second, third = stack.declarations()
    assert (first_["protect"], first_["adopt"]) == (True, None)
    assert (second["retain"], second["adopt"]) == (True, "id")
    assert second["depends_on"] == ["r2-bucket.first", "r2-bucket.third"]
    assert set(third) == {"address", "spec"}


def test_a_stack_is_a_collection_of_its_resources() -> None:
    stack = Stack("creo")
    web = stack.add(server(), R2Bucket("uploads"))
    assert stack["server.web"] is web and "r2-bucket.uploads" in stack and len(stack) == 2
    del stack["server.web"]
    assert [resource.address for resource in stack] == ["r2-bucket.uploads"]
    with pytest.raises(KeyError):
        stack["server.web"]


def test_every_kind_is_a_class_with_its_outputs() -> None:
    import json

    from fleetflow import _fleetflow

    kinds = {kind["name"]: kind for kind in json.loads(_fleetflow.kinds())}
    assert set(kinds) == set(resources.KINDS)
    for name, kind in resources.KINDS.items():
        assert name == kind.KIND and kind.PROVIDER == kinds[name]["provider"]
        assert list(kind.OUTPUTS) == [output["name"] for output in kinds[name]["outputs"]]
        for output in kind.OUTPUTS:
            assert isinstance(getattr(kind, output.replace("-", "_")), property)


def test_words_that_python_keeps_for_itself_have_an_underscore() -> None:
    stack = Stack("creo")
    stack.add(StartupScript("setup", content="#!/bin/sh\ntrue\n", class_="shell"))
    assert stack.check() == () and stack.declarations()[0]["spec"]["class"] == "shell"
    assert Secret("a") == Secret("a") != Secret("b")
