"""Waiting for runs: threads, asyncio, cancellation, Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

import fleetflow
from fleetflow import Sandbox

from stacks import shop


def test_async_twins_and_events(fleetflow_sandbox: Sandbox) -> None:
    async def main() -> None:
        stack = shop(fleetflow_sandbox)
        assert len(await stack.plan_async()) == 1
        run = asyncio.create_task(stack.converge_async())
        seen = [event async for event in stack.events()]
        report = await run
        assert [type(event).__name__ for event in (seen[0], seen[-1])] == ["Started", "Done"]
        assert report.outcome == "converged"
        assert (await stack.status_async()).is_as_declared
        assert len(await stack.plan_destroy_async()) == 1
        plan = await stack.plan_destroy_async()
        assert (await stack.apply_async(plan, with_data=True)).count("delete") == 1
        assert (await stack.destroy_async()).outcome == "converged"

    asyncio.run(main())


def test_a_blocking_run_leaves_the_interpreter_to_others() -> None:
    with Sandbox(latency=0.3) as sandbox:
        stack = shop(sandbox)
        ticks = 0
        running = threading.Event()

        def work() -> None:
            stack.plan()
            running.set()

        thread = threading.Thread(target=work)
        thread.start()
        while not running.is_set():
            ticks += 1
            time.sleep(0.001)
        thread.join()
        assert ticks > 50


def test_a_cancelled_run_ends_soon_and_can_be_gone_on_from() -> None:
    with Sandbox(latency=0.2) as sandbox:
        stack = shop(sandbox, "one", "two", "three")

        async def main() -> float:
            began = asyncio.Event()
            loop = asyncio.get_running_loop()
            task = asyncio.create_task(stack.converge_async(on_event=lambda _: began.set(), parallelism=1))
            await began.wait()
            task.cancel()
            asked = loop.time()
            with pytest.raises(asyncio.CancelledError):
                await task
            return loop.time() - asked

        assert asyncio.run(main()) < 5
        assert len(stack.plan()) >= 2, "nothing new was begun"
        stack.converge()
        assert stack.plan().is_empty


def test_a_plan_in_asyncio_is_dropped_at_once() -> None:
    with Sandbox(latency=2) as sandbox:
        stack = shop(sandbox)

        async def main() -> float:
            loop = asyncio.get_running_loop()
            began = loop.time()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stack.plan_async(), 0.1)
            return loop.time() - began

        assert asyncio.run(main()) < 1


# What runs in the background of a shell ignores Ctrl-C, and so does what it starts.
SCRIPT = """
import signal, sys
from fleetflow import Sandbox
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {tests!r})
from stacks import shop
begun = lambda *_: print("begun", flush=True)
with Sandbox(instant=False, latency={latency}) as sandbox:
    stack = shop(sandbox)
    try:
        {interrupted}
        print("not interrupted")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    {after}
"""

GO_ON = """
    from fleetflow import LockedError
    while True:
        try:
            stack.converge()
            break
        except LockedError:  # What was running is still being finished.
            pass
    assert stack.plan().is_empty
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("interrupted", "latency", "after"),
    [("begun(); stack.plan()", 5, ""), ("stack.converge(on_event=begun)", 0.5, GO_ON.strip())],
    ids=["plan", "converge"],
)
def test_ctrl_c_works_within_a_second(interrupted: str, latency: float, after: str) -> None:
    tests = str(Path(__file__).parent)
    script = SCRIPT.format(tests=tests, interrupted=interrupted, latency=latency, after=after)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    time.sleep(0.3)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    line = process.stdout.readline()
    while line == "begun\n":
        line = process.stdout.readline()
    assert line == "interrupted\n"
    assert time.monotonic() - asked < 1.0
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest


def test_twenty_threads_and_twenty_tasks_at_once(fleetflow_sandbox: Sandbox) -> None:
    errors: list[BaseException] = []

    def life(number: int) -> None:
        try:
            stack = fleetflow_sandbox.stack(f"thread-{number}")
            stack.add(fleetflow.R2Bucket(f"thread-{number}"))
            assert stack.check() == ()
            assert len(stack.declarations()) == 1
            shop(fleetflow_sandbox, f"thread-{number}").plan()
        except BaseException as error:
            errors.append(error)

    async def tasks() -> None:
        async def life(number: int) -> None:
            assert len(await shop(fleetflow_sandbox, f"task-{number}").plan_async()) == 1

        await asyncio.gather(*(life(number) for number in range(20)))

    threads = [threading.Thread(target=life, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    asyncio.run(tasks())
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_second_writer_is_told_who_is_first(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox)
    refused: list[fleetflow.LockedError] = []

    def again(event: fleetflow.Event) -> None:
        if not refused:
            with pytest.raises(fleetflow.LockedError) as raised:
                stack.converge()
            refused.append(raised.value)

    stack.converge(on_event=again)
    assert "fleetflow" in str(refused[0]) and "up" in str(refused[0])


@pytest.mark.skipif(sys.version_info < (3, 13), reason="earlier interpreters have no module for it")
def test_a_subinterpreter_is_refused() -> None:
    script = "import _interpreters as i; print(i.exec(i.create(), 'import fleetflow').formatted)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "ImportError" in found and "subinterpreters" in found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_is_told_what_to_do_instead(fleetflow_sandbox: Sandbox) -> None:
    stack = shop(fleetflow_sandbox)
    assert len(stack.plan()) == 1
    child = os.fork()
    if child == 0:
        try:
            stack.plan()
        except fleetflow.UnsupportedError as error:
            os._exit(3 if error.hint and "spawn" in error.hint else 4)
        finally:
            os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert len(stack.plan()) == 1


def test_a_second_writer_may_wait_for_the_first() -> None:
    with Sandbox(latency=0.1) as sandbox:
        stack = shop(sandbox, "one", "two")
        begun = threading.Event()
        first = threading.Thread(target=lambda: stack.converge(on_event=lambda _: begun.set()))
        first.start()
        assert begun.wait(30)
        report = stack.converge(lock_wait=timedelta(seconds=60))
        assert report.outcome == "converged" and report.done == (), "the first one did it all"
        first.join()
