"""Emulated clouds in this process: real HTTP on loopback, and nothing outside it. For tests, and for trying things out."""

from __future__ import annotations

import json
import os
from types import TracebackType
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type

from . import _fleetflow
from .loading import load
from .providers import Cloudflare, Docker, Provider, SakuraCloud
from .stack import Stack
from .state import MemoryState
from .values import FilePath

__all__ = ["Sandbox"]


class Sandbox:
    """Emulated SAKURA Cloud, Cloudflare and container engines, as strict as the real ones.

    ::

        with Sandbox() as sandbox:
            stack = sandbox.stack("shop")
            stack.add(R2Bucket("uploads"))
            stack.converge()
            assert stack.plan().is_empty

    Args:
        instant: Whether slow things (a disk copy, a boot) are done at once; otherwise they take a second or so.
        latency: Seconds that every answer takes besides.
        world: A file that keeps the emulated world; without it, the world ends with the sandbox.
    """

    def __init__(self, *, instant: bool = True, latency: float = 0.0, world: Optional[FilePath] = None) -> None:
        self._core = _fleetflow.Sandbox(instant, latency, os.fspath(world) if world is not None else None)
        self._environment = dict(self._core.environment())
        self._states: Dict[Tuple[str, str], MemoryState] = {}
        docker = Docker(host=self._environment["DOCKER_HOST"])
        docker._sandbox = self._core  # pyright: ignore[reportPrivateUsage]
        self.providers: List[Provider] = [
            SakuraCloud(
                zone="tk1a",
                token=self._environment["SAKURA_ACCESS_TOKEN"],
                secret=self._environment["SAKURA_ACCESS_TOKEN_SECRET"],
                root=self._environment["SAKURA_API_ROOT_URL"],
            ),
            Cloudflare(
                token=self._environment["CLOUDFLARE_API_TOKEN"],
                account_id=self._environment["CLOUDFLARE_ACCOUNT_ID"],
                base=self._environment["CLOUDFLARE_API_BASE_URL"],
            ),
            docker,
        ]
        """Clouds for ``Stack(providers=...)`` that lead here."""

    @property
    def environment(self) -> Dict[str, str]:
        """Variables that lead clients here, other people's too."""
        return dict(self._environment)

    def stack(self, project: str, *, stage: str = "dev", root: Optional[FilePath] = None) -> Stack:
        """A stack that converges here, and remembers what it made as long as the sandbox runs."""
        stack = Stack(
            project,
            stage=stage,
            root=root,
            providers=self.providers,
            state=self.state(project, stage),
            environment=self._environment,
        )
        stack._emulated = True  # pyright: ignore[reportPrivateUsage]
        return stack

    def load(
        self,
        path: FilePath = "flow.kdl",
        *,
        stage: Optional[str] = None,
        variables: Optional[Mapping[str, str]] = None,
    ) -> Stack:
        """The stack of a file (see :func:`fleetflow.load`), to converge here instead of where the file says."""
        account = self._environment["CLOUDFLARE_ACCOUNT_ID"]
        environment = {**os.environ, **self._environment, "CF_ACCOUNT_ID": account}
        stack = load(
            path,
            stage=stage,
            variables=variables,
            providers=self.providers,
            state=MemoryState(),
            environment=environment,
        )
        stack._state = self.state(stack.project, stack.stage)  # pyright: ignore[reportPrivateUsage]
        stack._emulated = True  # pyright: ignore[reportPrivateUsage]
        return stack

    def state(self, project: str, stage: str = "dev") -> MemoryState:
        """The state of a stage here: always the same one."""
        return self._states.setdefault((project, stage), MemoryState())

    def inventory(self) -> Dict[str, Any]:
        """What users made, canonically: two worlds with the same things in them are equal."""
        inventory: Dict[str, Any] = json.loads(self._core.inventory())
        return inventory

    def requests(self) -> List[Dict[str, Any]]:
        """What was asked so far: ``cloud``, ``method``, ``path``, ``outcome`` and more of each request."""
        requests: List[Dict[str, Any]] = json.loads(self._core.log())
        return requests

    def clear_requests(self) -> None:
        """Forgets what was asked so far."""
        self._core.clear_log()

    def fault(
        self,
        effect: Mapping[str, Any],
        *,
        cloud: Optional[str] = None,
        method: Optional[str] = None,
        path: Optional[str] = None,
        after_effect: bool = False,
        times: Any = None,
    ) -> None:
        """Lets requests go wrong from now on.

        Args:
            effect: What happens: ``{"answer": {"status": 503}}``, or ``"drop"`` for a closed connection.
            cloud: Only requests to ``sakura``, ``cloudflare`` or ``docker``.
            method: Only requests with this method.
            path: Only requests in whose path this regular expression is found.
            after_effect: Whether the request takes effect all the same.
            times: Which of the matching requests it happens to.
        """
        rule: Dict[str, Any] = {"effect": effect, "cloud": cloud, "method": method, "path": path}
        if after_effect:
            rule["when"] = "after_effect"
        if times is not None:
            rule["times"] = times
        self._core.add_fault(json.dumps(rule))

    def stop(self) -> None:
        """Ends it."""
        self._core.stop()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()
