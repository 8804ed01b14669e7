"""Runs programs and says what they took: time, processor, memory, requests. It knows no tool and no page."""

from __future__ import annotations

import collections
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, Optional

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "target/bench"
# Cloudflare allows 1,200 requests in five minutes (https://developers.cloudflare.com/fundamentals/api/reference/limits/).
ALLOWED, WINDOW = 1200, 300.0

# A process's peak memory begins with what its parent had when it was made, so programs are started by a small one.
STARTER = """
import json, os, sys, time
pipe, *command = sys.argv[1:]
began = time.perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(pid, 0)
took = time.perf_counter() - began
found = [took, usage.ru_utime, usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status)]
os.write(int(pipe), json.dumps(found).encode())
"""


@dataclass
class Measured:
    """One run of a program, or several of them, one after another."""

    wall: float = 0.0
    user: float = 0.0
    system: float = 0.0
    # MiB, of all processes of the program together.
    memory: float = 0.0
    requests: dict[str, int] = field(default_factory=dict)
    ssh: int = 0

    @property
    def cpu(self) -> float:
        return self.user + self.system

    @property
    def calls(self) -> int:
        return sum(self.requests.values())

    def then(self, other: "Measured") -> "Measured":
        """What both took, one after the other."""
        return Measured(
            self.wall + other.wall,
            self.user + other.user,
            self.system + other.system,
            max(self.memory, other.memory),
        )


class Spread:
    """Several runs of the same."""

    def __init__(self, runs: list[Measured]) -> None:
        self.runs = runs

    def of(self, name: str) -> list[float]:
        return sorted(getattr(run, name) for run in self.runs)

    def middle(self, name: str) -> float:
        return statistics.median(self.of(name))

    @property
    def requests(self) -> dict[str, int]:
        return self.runs[0].requests

    @property
    def calls(self) -> int:
        return self.runs[0].calls

    @property
    def ssh(self) -> int:
        return self.runs[0].ssh

    def as_json(self) -> list[dict[str, object]]:
        return [asdict(run) for run in self.runs]


class Failed(RuntimeError):
    """A program that did not end as it should."""


def run(
    command: list[object], folder: Path, environment: dict[str, str], ok: Iterable[int] = (0,), limit: float = 1800
) -> Measured:
    """Runs a program to its end. What it prints is added to `output.txt` in the folder."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    read, write = os.pipe()
    output = open(folder / "output.txt", "ab")
    starter = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", STARTER, str(write), *(str(word) for word in command)],
        cwd=folder,
        env={**own, **environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(write,),
        start_new_session=True,
    )
    os.close(write)
    watch = Watch(starter.pid)
    try:
        starter.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(starter.pid, 15)
        starter.wait()
        raise Failed(f"it was stopped after {limit:.0f} s") from None
    finally:
        watch.stop()
        output.close()
    with os.fdopen(read) as answer:
        wall, user, system, memory, code = json.loads(answer.read() or "[0, 0, 0, 0, 127]")
    if code not in ok:
        lines = (folder / "output.txt").read_text(errors="replace").strip().splitlines()
        raise Failed(f"{Path(str(command[0])).name} ended with {code}: {' / '.join(lines[-6:])[-600:]}")
    return Measured(wall, user, system, max(memory / 1024, watch.peak / 1024))


class Watch:
    """Looks every 10 ms at what memory a process's descendants have together."""

    def __init__(self, parent: int) -> None:
        self.parent, self.peak, self.over = parent, 0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self) -> None:
        while not self.over.wait(0.01):
            below = list(descendants(self.parent))
            # The system itself keeps the peak of a single process, without gaps.
            if len(below) > 1:
                self.peak = max(self.peak, sum(resident(pid) for pid in below))

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def descendants(pid: int) -> Iterator[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        children = [child for thread in threads for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()]
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from descendants(child)


def resident(pid: int) -> int:
    """KiB."""
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


class Clouds:
    """`flow sandbox serve`, with a world of its own, which is forgotten at its end."""

    def __init__(self, flow: Path, latency: int, unlimited: bool = False) -> None:
        self.process = subprocess.Popen(
            [flow, "sandbox", "serve", "--latency", f"{latency}ms"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.environment: dict[str, str] = {}
        assert self.process.stdout
        for line in self.process.stdout:
            name, _, value = line.strip().removeprefix("export ").partition("=")
            self.environment[name] = value
            if name == "DOCKER_HOST":
                break
        self.base = self.environment["CLOUDFLARE_BASE_URL"].split("/client/v4")[0].rstrip("/")
        self.api = self.base + "/client/v4"
        self.unlimited = unlimited
        if unlimited:
            self.control("PUT", "/cloudflare/limits", {"requests": 10**12, "window_seconds": 300})

    def control(self, method: str, path: str, body: Optional[object] = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.base}/_sandbox{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def ask(self, path: str) -> list[dict[str, str]]:
        """What a list of the emulated Cloudflare shows."""
        token = {"Authorization": f"Bearer {self.environment['CLOUDFLARE_API_TOKEN']}"}
        with urllib.request.urlopen(urllib.request.Request(self.api + path, headers=token)) as answer:
            return json.load(answer)["result"]

    def zone(self, name: str) -> str:
        """The id of a zone."""
        return self.ask(f"/zones?name={name}")[0]["id"]

    def namespaces(self) -> list[str]:
        """The ids of all namespaces."""
        account = self.environment["CLOUDFLARE_ACCOUNT_ID"]
        return [one["id"] for one in self.ask(f"/accounts/{account}/storage/kv/namespaces?per_page=1000")]

    def taken(self) -> tuple[dict[str, int], int]:
        """Requests by method, and connections over SSH, since the last time."""
        log = json.loads(self.control("GET", "/log"))
        entries = log["entries"] if isinstance(log, dict) else log
        self.control("DELETE", "/log")
        ssh = json.loads(self.control("GET", "/ssh/connections"))["connections"]
        before, self.ssh = getattr(self, "ssh", 0), ssh
        return dict(collections.Counter(entry["method"] for entry in entries)), ssh - before

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def machine() -> str:
    """The machine, and how busy it is."""
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return (
        f"{os.cpu_count()} processors ({model}), {memory / 1024 / 1024:.0f} GiB of memory, Linux {platform.release()}; "
        f"{os.getloadavg()[0]:.1f} processes were waiting or running when it began"
    )


def save(section: str, results: object) -> None:
    """Keeps the figures of every single run beside the build."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{section}.json").write_text(json.dumps(results, indent=1))


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def round_trips(far: float, near: float, between: float) -> str:
    """How many requests waited for each other, from two times and the seconds between their latencies. A machine that
    was busier during the first one makes less than one of it, which says nothing."""
    trips = (far - near) / between
    return f"{trips:.1f}" if trips >= 1 else "noise"
