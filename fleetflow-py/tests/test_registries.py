"""Logins for a registry of images, from Python: on a real engine, with a real registry that asks for one."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

import fleetflow
from fleetflow import DeployServices, Docker, PartialError, Secret, Service, ServiceGroup, Stack

ENGINE = os.environ.get("FLEETFLOW_TEST_DOCKER", "")
REGISTRY = os.environ.get("FLEETFLOW_TEST_REGISTRY", "")
NAME = f"pylogin{os.getpid()}"
IMAGE = f"{REGISTRY}/acme/{NAME}:1"
PASSWORD = "open sesame"

pytestmark = pytest.mark.skipif(
    not (ENGINE and REGISTRY and shutil.which("docker")),
    reason="FLEETFLOW_TEST_DOCKER and FLEETFLOW_TEST_REGISTRY name no engine and no registry; scripts/docker-for-tests.sh starts them",
)


def docker(*words: str) -> str:
    done = subprocess.run(["docker", "--host", ENGINE, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def settings(home: Path, password: str) -> None:
    """What ``docker login`` would write."""
    folder = home / ".docker"
    folder.mkdir(exist_ok=True)
    auth = base64.b64encode(f"fleetflow:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {REGISTRY: {"auth": auth}}}))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder, with the image in the registry and not on the engine."""
    folder = tmp_path / "image"
    (folder / "bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", folder / "bin" / "sleep")
    subprocess.run(["tar", "-C", str(folder), "-cf", str(tmp_path / "all.tar"), "bin"], check=True)
    docker("import", str(tmp_path / "all.tar"), IMAGE)
    pushing = tmp_path / "pushing"
    pushing.mkdir()
    settings(pushing, PASSWORD)
    docker("--config", str(pushing / ".docker"), "push", IMAGE)
    docker("rmi", IMAGE)
    home = tmp_path / "home"
    home.mkdir()
    yield home
    assert docker("ps", "--all", "--quiet", "--filter", f"name={NAME}-") == "", "everything is removed"
    subprocess.run(["docker", "--host", ENGINE, "rmi", IMAGE], capture_output=True, check=False)


def stack(home: Path, registry: str = "", **environment: str) -> Stack:
    file = home / "flow.kdl"
    file.write_text(
        f"""
project "{NAME}"
providers {{ docker {{ host "{ENGINE}"; {registry} }} }}
service-group "shop" {{ service "web" {{ image "{IMAGE}"; command "/bin/sleep" "100000"; stop-grace-period "0s" }} }}
stage "local" {{ deploy-services "shop" }}
"""
    )
    variables: Dict[str, str] = {"HOME": str(home), "PATH": "/usr/bin:/bin", **environment}
    return fleetflow.load(file, stage="local", environment=variables)


def refusal(stack: Stack) -> str:
    with pytest.raises(PartialError) as raised:
        stack.converge()
    report = raised.value.report
    assert report is not None
    return str(report.failed["container.local/shop/web"])


def runs_and_goes(stack: Stack) -> None:
    report = stack.converge()
    assert report.outcome == "converged", report
    web = stack.status()["container.local/shop/web"]
    assert (web.health, web.status["state"], web.status["restarts"]) == ("ok", "running", 0)
    assert stack.plan().is_empty
    assert PASSWORD not in repr(report) + repr(stack) + json.dumps(dict(web.status))
    stack.destroy()
    docker("rmi", IMAGE)


def test_logins_open_a_registry_and_wrong_ones_are_told(home: Path) -> None:
    texts: List[str] = [refusal(stack(home))]
    assert "a private registry needs credentials" in texts[0], texts
    settings(home, "open barley")
    texts.append(refusal(stack(home)))
    assert f"the login for {REGISTRY} as `fleetflow`" in texts[1], texts
    declared = f'registry "{REGISTRY}" user="fleetflow" {{ password env="PASSWORD" secret=#true }}'
    texts.append(refusal(stack(home, declared, PASSWORD="open rye")))
    assert f"the login for {REGISTRY} as `fleetflow`" in texts[2], texts
    assert not any(word in text for text in texts for word in ("barley", "rye", "sesame")), texts
    # What the file declares goes before what the docker command knows.
    runs_and_goes(stack(home, declared, PASSWORD=PASSWORD))
    settings(home, PASSWORD)
    runs_and_goes(stack(home))
    # The same without a file.
    settings(home, "open wheat")
    login = {REGISTRY: ("fleetflow", Secret("registry"))}
    web = Service("web", image=IMAGE, command=["/bin/sleep", "100000"], stop_grace_period="0s")
    written = Stack(
        NAME,
        stage="local",
        providers=[Docker(host=ENGINE, registries=login)],
        environment={"HOME": str(home)},
        root=home,
        secrets={"registry": PASSWORD},
    )
    written.add(ServiceGroup("shop", service=[web]))
    written.add(DeployServices("shop"))
    runs_and_goes(written)
