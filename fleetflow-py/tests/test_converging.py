"""The verbs against the emulated clouds: what they do, how often they ask, and what they tell."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

import fleetflow
from fleetflow import Done, FolderState, MemoryState, PartialError, Plan, Report, Sandbox, Stack, StackPlan, Started

from stacks import server, shop


def calls(sandbox: Sandbox) -> Counter[str]:
    return Counter(request["method"] for request in sandbox.requests())


def test_a_life_cycle(fleetflow_sandbox: Sandbox) -> None:
    before = fleetflow_sandbox.inventory()
    stack = shop(fleetflow_sandbox)
    web = stack["server.web"]
    plan = stack.plan()
    assert [(step.address, step.action) for step in plan.steps] == [("server.web", "create")]
    assert calls(fleetflow_sandbox)["POST"] == 0, "a plan writes nothing"

    events: list[fleetflow.Event] = []
    report = stack.converge(on_event=events.append)
    assert report.outcome == "converged" and report.done == (("server.web", "create"),)
    assert isinstance(events[0], Started) and isinstance(events[-1], Done)
    assert report.output(web.output("ip")) == report.outputs["server.web"]["ip"] == report.output("server.web.ip")
    assert calls(fleetflow_sandbox)["POST"] == 2, "a server with a disk is two writes"

    fleetflow_sandbox.clear_requests()
    assert stack.plan().is_empty and stack.plan().unchanged == 1
    assert set(calls(fleetflow_sandbox)) == {"GET"}
    status = stack.status()
    assert status.is_as_declared and status["server.web"].present and status["server.web"].note is None
    assert status["server.web"].health == "ok" and status.unwell == ()

    web["plan"] = Plan(core=4, memory=4)
    [step] = stack.plan().steps
    assert (step.action, [change.field for change in step.changes]) == ("update", ["plan.core"])
    assert (step.changes[0].before, step.changes[0].after) == (2, 4)
    assert stack.plan().disruption == step.disruption.level == "reboot"
    assert stack.converge().count("update") == 1
    assert stack.plan().is_empty

    assert stack.plan_destroy().count("delete") == 1
    stack.destroy()
    assert fleetflow_sandbox.inventory() == before
    [unwell] = stack.status().unwell
    assert (unwell.address, unwell.health, unwell.note) == ("server.web", "bad", "not there yet")


def test_a_plan_is_carried_out_as_it_was_seen_or_not_at_all(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox)
    plan = stack.plan()
    saved = StackPlan.from_json(plan.to_json())
    assert stack.apply(saved).outcome == "converged"
    with pytest.raises(fleetflow.ConflictError) as raised:
        stack.apply(saved)
    assert raised.value.hint == "make a new plan and look at it again"


def test_plans_reports_and_errors_are_values(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox)
    plan = stack.plan()
    assert plan == stack.plan() and hash(plan) == hash(stack.plan())
    assert pickle.loads(pickle.dumps(plan)) == plan and len({plan, stack.plan()}) == 1
    assert plan and len(plan) == 1 and plan.count("create") == 1
    assert "<table>" in plan._repr_html_() and "server.web" in plan._repr_html_()
    assert str(plan) == "shop/dev: 1 to create, 0 as declared\n  create server.web"
    report = stack.converge()
    assert pickle.loads(pickle.dumps(report)) == report == Report.from_json(report.to_json())
    assert "create done" in report._repr_html_() and "server.web" in stack.status()._repr_html_()
    assert "nothing to do" in stack.plan()._repr_html_()
    stack["server.web"]["plan"] = Plan(core=4, memory=4)
    assert stack.plan() != plan


def test_a_failed_step_is_told_with_all_that_the_provider_said(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox, "one", "two")
    refusal = {"answer": {"status": 403, "code": "denied"}}
    fleetflow_sandbox.fault(refusal, cloud="sakura", method="POST", path="/server$", times={"nth": 1})
    with pytest.raises(PartialError) as raised:
        stack.converge()
    error = raised.value
    assert error.report is not None and error.report.outcome == "failed"
    [(address, cause)] = error.report.failed.items()
    assert error.address == address and address in ("server.one", "server.two")
    assert cause.code == "FF0234" and str(cause).startswith("FF0234: ")
    assert cause.provider_code == "denied" and cause.request_id and cause.operation
    assert len(error.report.done) == 1, "what does not depend on it went on"
    twin = pickle.loads(pickle.dumps(error))
    assert str(twin) == str(error) and twin.report == error.report and type(twin) is PartialError
    assert stack.converge().count("create") == 1, "the next call goes on from there"
    assert stack.plan().is_empty


def test_what_raises_in_a_callback_stops_the_run(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox)

    def refuse(event: fleetflow.Event) -> None:
        raise ValueError(f"not like this: {event}")

    with pytest.raises(ValueError, match="not like this"):
        stack.converge(on_event=refuse)
    assert stack.converge(lock_wait=60).outcome == "converged"
    assert stack.plan().is_empty


def test_what_holds_data_is_kept_unless_said_otherwise(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox)
    stack.converge()
    with pytest.raises(fleetflow.GuardedError) as raised:
        stack.destroy(with_data=False)
    assert "with_data=True" in str(raised.value.problems[0].hint)
    assert stack.destroy(with_data=True).count("delete") == 1


def test_no_credentials_is_an_error_that_says_where_they_were_looked_for() -> None:
    stack = Stack("shop", providers=[fleetflow.SakuraCloud(zone="tk1a")], state=MemoryState(), environment={})
    stack.add(server())
    with pytest.raises(fleetflow.UnauthorizedError, match="SAKURA_ACCESS_TOKEN_SECRET") as raised:
        stack.plan()
    assert raised.value.hint and "API key" in raised.value.hint


def test_wrong_credentials_are_refused(fleetflow_sandbox: Sandbox) -> None:
    environment = {**fleetflow_sandbox.environment, "SAKURA_ACCESS_TOKEN_SECRET": "wrong"}
    stack = Stack("shop", providers=[fleetflow.SakuraCloud(zone="tk1a")], state=MemoryState(), environment=environment)
    stack.add(server())
    with pytest.raises(fleetflow.UnauthorizedError):
        stack.plan()


def test_state_in_a_folder_outlives_the_stack(fleetflow_sandbox: Sandbox, tmp_path: Path) -> None:
    def stack(*names: str) -> Stack:
        stack = Stack("shop", providers=fleetflow_sandbox.providers, root=tmp_path)
        for name in names:
            stack.add(server(name))
        return stack

    stack("web").converge()
    assert stack("web").plan().is_empty
    state = stack().state
    assert isinstance(state, FolderState)
    assert Path(state.path) == tmp_path / ".fleetflow/state/shop/dev"
    assert Path(state.path).stat().st_mode & 0o777 == 0o700
    assert (Path(state.path) / ".gitignore").read_text() == "*\n"
    assert stack().converge(with_data=True).done == (("server.web", "delete"),)


def test_a_stopped_sandbox_says_so() -> None:
    with Sandbox() as sandbox:
        assert sandbox.requests() == []
    sandbox.stop()
    with pytest.raises(fleetflow.ConfigError, match="the sandbox is stopped"):
        sandbox.requests()


def test_what_is_down_is_told_first_and_in_one_word(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox, "one", "two")
    group = stack.add(fleetflow.ServiceGroup("app"))
    group.service("api", image="nginx:1")
    stack["server.two"]["deploy_services"] = ["app"]
    stack.converge()
    container = "container.two/app/api"
    assert {resource.health for resource in stack.status().resources} == {"ok"}
    root = "/".join(fleetflow_sandbox.environment["SAKURA_API_ROOT_URL"].split("/")[:3])
    url = f"{root}/_sandbox/docker/two/containers/shop-dev-app-api/state"
    body = json.dumps({"state": "exited"}).encode()
    urlopen(Request(url, body, {"Content-Type": "application/json"})).close()
    status = stack.status()
    assert (status.resources[0].address, status.resources[0].health) == (container, "bad")
    assert container in status._repr_html_() and status.unwell == status.resources[:1]


def test_only_what_is_aimed_at_is_done(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox, "one", "two", "three")
    assert [step.address for step in stack.plan(targets=["server.two"]).steps] == ["server.two"]
    two = stack["server.two"]
    assert stack.converge(targets=[two]).done == (("server.two", "create"),)
    assert len(stack.plan()) == 2
    with pytest.raises(fleetflow.ConfigError, match="there is no server.tow to aim at") as raised:
        stack.converge(targets=["server.tow"])
    assert raised.value.hint == "did you mean `server.two`?"
    with pytest.raises(fleetflow.ConfigError, match="not the address of a resource"):
        stack.plan(targets=["two"])
    assert len(stack.plan_destroy(targets=[two])) == 1
    assert stack.destroy(targets=[two]).done == (("server.two", "delete"),)


class OtherAccount(BaseHTTPRequestHandler):
    """The emulated SAKURA Cloud as another account sees it: only whose the API key is, is another answer."""

    behind = ""

    def do_GET(self) -> None:
        asked = Request(self.behind + self.path, headers={"Authorization": self.headers["Authorization"]})
        with urlopen(asked) as response:
            answer = response.read()
        if self.path.endswith("/auth-status"):
            answer = answer.replace(b"113000000001", b"113999999999")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_stage_stays_in_the_account_that_it_was_made_in(fleetflow_sandbox: Sandbox, tmp_path: Path) -> None:
    made = Stack("shop", providers=fleetflow_sandbox.providers, root=tmp_path)
    made.add(server())
    made.converge()
    variables = fleetflow_sandbox.environment
    root = urlsplit(variables["SAKURA_API_ROOT_URL"])
    OtherAccount.behind = f"{root.scheme}://{root.netloc}"
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherAccount) as there:
        Thread(target=there.serve_forever, daemon=True).start()
        environment = {**variables, "SAKURA_API_ROOT_URL": f"http://127.0.0.1:{there.server_port}{root.path}"}
        providers = [fleetflow.SakuraCloud(zone="tk1a")]
        stack = Stack("shop", providers=providers, root=tmp_path, environment=environment)
        stack.add(server())
        fleetflow_sandbox.clear_requests()
        for refused in (stack.plan, stack.converge, stack.destroy, stack.status):
            with pytest.raises(fleetflow.GuardedError, match="113000000001.*113999999999") as raised:
                refused()
            assert "`Stack.other_account`" in str(raised.value.hint)
        paths = {request["path"].rsplit("/", 1)[-1] for request in fleetflow_sandbox.requests()}
        assert paths == {"auth-status"}, "nothing is looked for there"
        stack.other_account = True
        assert stack.plan().is_empty
        there.shutdown()
