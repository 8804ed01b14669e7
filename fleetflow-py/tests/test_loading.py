"""Stacks of flow.kdl: the same objects as those written in Python, and mistakes at their places in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

import fleetflow
from fleetflow import ConfigError, Disk, Plan, Sandbox

FILE = """
project "shop"
providers { sakura-cloud { zone "tk1a" } }
variables { core 2 }
stage "dev" {
    server "web" {
        plan core=2 memory=4
        disk size=20 os="ubuntu-24.04"
        protect #true
    }
    dns "example.jp" {
        record "www" type="A" value=server.web.ip
        record "note" type="TXT" value="${var.core} at ${server.web.ip}"
    }
}
stage "prod" { r2-bucket "uploads" }
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "flow.kdl"
    file.write_text(text)
    return file


def test_a_stack_of_a_file_can_be_changed_further(tmp_path: Path) -> None:
    stack = fleetflow.load(write(tmp_path, FILE), stage="dev", variables={"core": "8"})
    assert (stack.project, stack.stage, stack.root) == ("shop", "dev", str(tmp_path))
    web, dns = stack["server.web"], stack["dns.example.jp"]
    assert isinstance(web, fleetflow.Server) and web.protect
    assert dns["record"][1]["value"] == [{"$text": ["8 at ", {"$ref": "server.web.ip"}]}]
    web["plan"] = Plan(core=4, memory=4)
    web.disk(100)
    assert isinstance(dns, fleetflow.Dns)
    dns.record("api", type="A", value=web.ip)
    assert stack.check() == ()
    assert web["disk"][1] == Disk(100) and len(dns["record"]) == 3


def test_every_mistake_of_a_file_has_its_place(tmp_path: Path) -> None:
    file = write(tmp_path, FILE.replace("memory=4", 'memory="much" cores=2').replace("server.web.ip", "server.wep.ip"))
    with pytest.raises(ConfigError) as raised:
        fleetflow.load(file, stage="dev")
    places = [(problem.place.line, problem.place.column) for problem in raised.value.problems if problem.place]
    assert {line for line, _ in places} >= {7, 12, 13}
    assert all(problem.place and problem.place.file == str(file) for problem in raised.value.problems)
    assert f"{file}:7:" in str(raised.value)
    with pytest.raises(ConfigError, match="stage"):
        fleetflow.load(write(tmp_path, FILE), stage="nowhere")


def test_mistakes_found_later_have_their_place_too(tmp_path: Path) -> None:
    stack = fleetflow.load(write(tmp_path, FILE), stage="dev")
    stack["dns.example.jp"]["record"][0]["type"] = "AAAA"
    problems = stack.check()
    assert problems and problems[0].place and problems[0].place.line == 12


def test_secrets_of_the_environment_stay_secret(tmp_path: Path) -> None:
    text = FILE.replace("protect #true", 'password env="PW" secret=#true')
    stack = fleetflow.load(write(tmp_path, text), stage="dev", environment={"PW": "hunter2hunter2"})
    assert stack["server.web"]["password"] == {"$secret": "env:PW"}
    assert "hunter2" not in repr(stack) + repr(stack.resources) + repr(stack.declarations())
    with pytest.raises(ConfigError, match="PW"):
        fleetflow.load(write(tmp_path, text), stage="dev", environment={})


def test_a_file_converges_in_a_sandbox(tmp_path: Path, fleetflow_sandbox: Sandbox) -> None:
    text = FILE[: FILE.index("    dns")] + "}\n"
    stack = fleetflow_sandbox.load(write(tmp_path, text.replace("protect #true", "")), stage="dev")
    assert stack.converge().count("create") == 1
    assert fleetflow_sandbox.load(tmp_path / "flow.kdl").plan().is_empty
    assert not (tmp_path / ".fleetflow").exists()
