"""State in a bucket, on a real S3 service: moto, where `scripts/test-services.sh` installed it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from pathlib import Path
from typing import Iterator, Optional
from urllib.request import Request, urlopen

import pytest

import fleetflow
from fleetflow import BucketState, Sandbox, Stack

from stacks import server

MOTO = Path(__file__).parent.parent.parent / "target/services/moto/bin/moto_server"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The URL of a service with a bucket called ``states``."""
    if not MOTO.exists():
        pytest.skip(f"moto is not installed at {MOTO}: see scripts/test-services.sh")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [MOTO, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    try:
        while True:
            try:
                urlopen(Request(f"{url}/states", method="PUT")).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, "moto did not start"
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


def stack(sandbox: Sandbox, endpoint: str, tmp_path: Path, *names: str) -> Stack:
    """The stack as another machine has it: only the bucket is the same."""
    state = BucketState(
        "states",
        prefix="shop/dev",
        endpoint=endpoint,
        environment={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    )
    stack = Stack("shop", providers=sandbox.providers, state=state, root=tmp_path, environment=sandbox.environment)
    for name in names:
        stack.add(server(name))
    return stack


def test_what_one_machine_made_another_one_knows(fleetflow_sandbox: Sandbox, endpoint: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    report = stack(fleetflow_sandbox, endpoint, here, "web").converge()
    assert report.count("create") == 1
    assert stack(fleetflow_sandbox, endpoint, there, "web").plan().is_empty
    assert not (here / ".fleetflow/state/shop/dev/journal.jsonl").exists(), "only keys stay on the machine"

    assert stack(fleetflow_sandbox, endpoint, here).destroy(with_data=True).count("delete") == 1
    assert len(stack(fleetflow_sandbox, endpoint, there, "web").plan()) == 1


def test_the_key_that_servers_let_in_travels_with_an_encrypted_state(
    fleetflow_sandbox: Sandbox, endpoint: str, tmp_path: Path
) -> None:
    def machine(name: str, encrypt: Optional[str]) -> Stack:
        state = BucketState(
            "states",
            prefix="shop/keys" if encrypt else "shop/open",
            endpoint=endpoint,
            encrypt=encrypt,
            environment={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        )
        root = tmp_path / name
        stack = Stack("shop", providers=fleetflow_sandbox.providers, state=state, root=root, environment=fleetflow_sandbox.environment)
        stack.add(fleetflow.ServiceGroup("app")).service("api", image="nginx:1")
        stack.add(server("web"))["deploy_services"] = ["app"]
        return stack

    def keys(name: str) -> list[str]:
        return [file.read_text() for file in (tmp_path / name).rglob("deploy_key")]

    # As `age-keygen` makes it; a passphrase is slow on purpose.
    secret = "AGE-SECRET-KEY-1W6FV8TF4GZACQ0QZPVAWUEKD3ZR3YV35AGXXUU2RCZKAW0L5X8KSKJUVF7"
    machine("here", secret).converge()
    assert machine("there", secret).plan().is_empty
    assert len(keys("here")) == 1 and keys("there") == keys("here")
    machine("there", secret).destroy(with_data=True)

    # Where nothing is encrypted, the key stays, and another machine says so.
    machine("open", None).converge()
    unknown = pytest.warns(UserWarning, match="let in a key that this machine does not have")
    with unknown, pytest.raises(fleetflow.UnauthorizedError, match="there is no key to try"):
        machine("elsewhere", None).plan()
    assert keys("elsewhere") == []
    machine("open", None).destroy(with_data=True)


def test_a_changed_passphrase_opens_the_state_and_the_one_before_does_not(
    fleetflow_sandbox: Sandbox, endpoint: str, tmp_path: Path
) -> None:
    def machine(state: BucketState) -> Stack:
        stack = Stack("shop", providers=fleetflow_sandbox.providers, state=state, root=tmp_path, environment=fleetflow_sandbox.environment)
        stack.add(server("web"))
        return stack

    def opened_by(passphrase: Optional[str], prefix: str = "shop/passphrase") -> BucketState:
        variables = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return BucketState("states", prefix=prefix, endpoint=endpoint, encrypt=passphrase, environment=variables)

    state = opened_by("correct horse")
    stack = machine(state)
    stack.converge()
    # Who does not know it changes nothing, and nobody changes it to nothing.
    for refused, new in [(opened_by("wrong"), "mine"), (opened_by(None), "mine"), (state, " ")]:
        with pytest.raises(fleetflow.UnauthorizedError) as refusal:
            refused.change_passphrase(new)
        assert refusal.value.hint and "correct horse" not in str(refusal.value)
    assert machine(opened_by("correct horse")).plan().is_empty

    state.change_passphrase("battery staple")
    assert stack.plan().is_empty, "the same object goes on"
    assert machine(opened_by("battery staple")).plan().is_empty
    with pytest.raises(fleetflow.UnauthorizedError, match="does not open"):
        machine(opened_by("correct horse")).plan()
    asyncio.run(state.change_passphrase_async("a third one"))
    machine(opened_by("a third one")).destroy(with_data=True)


def test_no_access_key_says_which_variable_is_missing() -> None:
    with pytest.raises(fleetflow.UnauthorizedError, match="AWS_ACCESS_KEY_ID"):
        BucketState("states", environment={})
    state = BucketState("states", prefix="shop/dev/", access_key="a", secret_key="very secret", environment={})
    assert repr(state) == "<BucketState s3://states/shop/dev>"
