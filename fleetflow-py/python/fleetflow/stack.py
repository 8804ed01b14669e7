"""A stack: everything that one stage of a project shall consist of, and the verbs that make it so."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import platform
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
    TypeVar,
    Union,
)

from . import _fleetflow
from .errors import ConfigError, FleetFlowError, Place, Problem, problem_from
from .events import Event
from .plans import StackPlan
from .providers import Cloudflare, Connections, Docker, Provider, SakuraCloud
from .reports import Report, Status
from .resource import Resource
from .resources import KINDS
from .running import Listener, wait, wait_async
from .state import BucketState, FolderState, MemoryState, State
from .values import FilePath, Secret

__all__ = ["Stack"]

_R = TypeVar("_R", bound=Resource)
OnEvent = Optional[Callable[[Event], object]]
Target = Union[str, Resource]
Wait = Union[float, timedelta]


class Stack:
    """Everything that one stage of a project shall consist of.

    Add resources in any order; references between them say what must be there before what. Then :meth:`plan` says
    what would be done, and :meth:`converge` does it. A second call changes nothing.

    Every verb blocks with the interpreter lock released, and has a twin for asyncio (``converge_async``). One stack
    may be used from several threads and tasks at once, as long as nobody adds to it meanwhile; runs that change the
    same stage wait for nobody: the second gets a :class:`~fleetflow.LockedError`.

    Args:
        project: The project's name.
        stage: The stage's name. Two stages are two separate worlds, each with its own state.
        providers: The clouds. What is not among them is set up from the environment.
        root: The folder that relative paths start from; the working folder without it.
        state: Where the stack remembers what it made: a folder, or an object of :mod:`fleetflow.state`. Without it,
            ``.fleetflow/state/PROJECT/STAGE`` in ``root``, where the command line keeps it too.
        secrets: Values of secrets, by name; see :meth:`secret`.
        environment: The variables in which credentials are looked for; ``os.environ`` without it.
        other_account: Go on in another account than the stage was made in. Without it, a run with credentials of
            another account is refused, as it would make everything once more there.
    """

    def __init__(
        self,
        project: str,
        *,
        stage: str = "dev",
        providers: Iterable[Provider] = (),
        root: Optional[FilePath] = None,
        state: Union[State, FilePath, None] = None,
        secrets: Optional[Mapping[str, str]] = None,
        environment: Optional[Mapping[str, str]] = None,
        other_account: bool = False,
    ) -> None:
        self.project = project
        """The project's name."""
        self.stage = stage
        """The stage's name."""
        self.root = os.fspath(root) if root is not None else "."
        """The folder that relative paths start from."""
        self.providers: List[Provider] = list(providers)
        """The clouds."""
        self.resources: List[Resource] = []
        """The resources, in the order they were added."""
        self.other_account = other_account
        """Whether it goes on in another account than it was made in."""
        self._state: Optional[State] = _state(state)
        self._secrets = _fleetflow.Secrets()
        for name, value in (secrets or {}).items():
            self._secrets = self._secrets.with_value(name, value)
        self._environment = environment
        self._found: Dict[str, Provider] = {}
        self._loaded: Optional[_fleetflow.Loaded] = None
        self._channels: Set[_Channel] = set()
        self._emulated = False

    # What it consists of

    def add(self, resource: _R, *more: Resource) -> _R:
        """Adds resources, and returns the first of them: ``web = stack.add(Server("web", ...))``."""
        self.resources.extend((resource, *more))
        return resource

    def secret(self, name: str, value: str) -> Secret:
        """Keeps the value of a secret, and returns what stands for it in declarations and f-strings.

        The value is handed to the clouds and reaches nothing else: no plan, state, log, error or ``repr``.
        """
        self._secrets = self._secrets.with_value(name, value)
        return Secret(name)

    @property
    def state(self) -> State:
        """Where the stack remembers what it made."""
        if self._state is None:
            self._state = FolderState(self._place())
        return self._state

    def __getitem__(self, address: str) -> Resource:
        for resource in self.resources:
            if resource.address == address:
                return resource
        raise KeyError(address)

    def __delitem__(self, address: str) -> None:
        self.resources.remove(self[address])

    def __contains__(self, address: object) -> bool:
        return any(resource.address == address for resource in self.resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def __repr__(self) -> str:
        return f"<Stack {self.project}/{self.stage}: {len(self.resources)} resources>"

    # What can be said without a cloud

    def check(self) -> Tuple[Problem, ...]:
        """Everything that is wrong with the stack and can be known without a cloud. Contacts nobody."""
        return self._located(problem_from(problem) for problem in json.loads(self._core().check()))

    def declarations(self) -> List[Dict[str, Any]]:
        """The declarations as plain data, in canonical form where they are right."""
        declarations: List[Dict[str, Any]] = json.loads(self._core().declarations())
        return declarations

    # The verbs

    def plan(self, *, targets: Iterable[Target] = ()) -> StackPlan:
        """What :meth:`converge` would do. Sends no write to anything.

        Args:
            targets: Only the steps on these resources, and on what they depend on. A zone means its records, a group
                of services what it runs as.

        Raises:
            ConfigError: Something is wrong with what is declared; the error lists everything.
            FleetFlowError: A cloud refused, or could not be reached; there is a class for each kind of failure.
        """
        return StackPlan(self._run(_Order("plan", targets)))

    def plan_destroy(self, *, targets: Iterable[Target] = ()) -> StackPlan:
        """What :meth:`destroy` would do. Sends no write to anything. Arguments and errors as :meth:`plan`."""
        return StackPlan(self._run(_Order("plan_destroy", targets)))

    def converge(
        self,
        *,
        on_event: OnEvent = None,
        parallelism: Optional[int] = None,
        with_data: Optional[bool] = None,
        targets: Iterable[Target] = (),
        lock_wait: Wait = 0,
    ) -> Report:
        """Makes the clouds equal to what is declared. A second call changes nothing.

        Ctrl-C begins nothing new and raises ``KeyboardInterrupt`` within a second; the next call goes on from there.

        Args:
            on_event: Called with each event, in this thread. What it raises stops the run.
            parallelism: How many steps run at once at most; 16 without it.
            with_data: Whether what holds data may be deleted, where the declaration asks for that; in a sandbox it
                may without saying so.
            targets: Only the steps on these resources, and on what they depend on: resources, or addresses.
            lock_wait: How long to wait while somebody else is changing this stage, in seconds or as a ``timedelta``.

        Raises:
            PartialError: Some steps failed; its ``report`` says which.
            LockedError: Somebody else is changing this stage, for longer than ``lock_wait``.
            ConfigError: Something is wrong with what is declared; the error lists everything.
            FleetFlowError: A cloud refused, or could not be reached.
        """
        return Report(self._run(_Order("converge", targets, True, on_event, parallelism, with_data, lock_wait)))

    def destroy(
        self,
        *,
        on_event: OnEvent = None,
        parallelism: Optional[int] = None,
        with_data: Optional[bool] = None,
        targets: Iterable[Target] = (),
        lock_wait: Wait = 0,
    ) -> Report:
        """Removes everything that was made for this stage, in reverse order. Arguments and errors as :meth:`converge`."""
        return Report(self._run(_Order("destroy", targets, True, on_event, parallelism, with_data, lock_wait)))

    def apply(
        self,
        plan: StackPlan,
        *,
        on_event: OnEvent = None,
        parallelism: Optional[int] = None,
        with_data: Optional[bool] = None,
        lock_wait: Wait = 0,
    ) -> Report:
        """Carries out ``plan``, which :meth:`plan` or :meth:`plan_destroy` made. Arguments and errors as :meth:`converge`.

        Raises:
            ConflictError: The world moved on since: a new plan would be another one.
        """
        return Report(self._run(_Order("apply", (), True, on_event, parallelism, with_data, lock_wait, plan)))

    def status(self) -> Status:
        """What is there now of everything that is declared or remembered. Sends no write to anything."""
        return Status(self._run(_Order("status")))

    async def plan_async(self, *, targets: Iterable[Target] = ()) -> StackPlan:
        """:meth:`plan` for asyncio. May be cancelled."""
        return StackPlan(await self._run_async(_Order("plan", targets)))

    async def plan_destroy_async(self, *, targets: Iterable[Target] = ()) -> StackPlan:
        """:meth:`plan_destroy` for asyncio. May be cancelled."""
        return StackPlan(await self._run_async(_Order("plan_destroy", targets)))

    async def converge_async(
        self,
        *,
        on_event: OnEvent = None,
        parallelism: Optional[int] = None,
        with_data: Optional[bool] = None,
        targets: Iterable[Target] = (),
        lock_wait: Wait = 0,
    ) -> Report:
        """:meth:`converge` for asyncio. ``on_event`` is called in the event loop.

        Cancelled, it begins nothing new and ends when what runs is finished; cancelled again, it ends at once.
        """
        return Report(await self._run_async(_Order("converge", targets, True, on_event, parallelism, with_data, lock_wait)))

    async def destroy_async(
        self,
        *,
        on_event: OnEvent = None,
        parallelism: Optional[int] = None,
        with_data: Optional[bool] = None,
        targets: Iterable[Target] = (),
        lock_wait: Wait = 0,
    ) -> Report:
        """:meth:`destroy` for asyncio, as :meth:`converge_async`."""
        return Report(await self._run_async(_Order("destroy", targets, True, on_event, parallelism, with_data, lock_wait)))

    async def apply_async(
        self,
        plan: StackPlan,
        *,
        on_event: OnEvent = None,
        parallelism: Optional[int] = None,
        with_data: Optional[bool] = None,
        lock_wait: Wait = 0,
    ) -> Report:
        """:meth:`apply` for asyncio, as :meth:`converge_async`."""
        return Report(await self._run_async(_Order("apply", (), True, on_event, parallelism, with_data, lock_wait, plan)))

    async def status_async(self) -> Status:
        """:meth:`status` for asyncio. May be cancelled."""
        return Status(await self._run_async(_Order("status")))

    async def events(self) -> AsyncIterator[Event]:
        """The events of the run that is under way, or of the next one; ends with the run.

        ::

            run = asyncio.create_task(stack.converge_async())
            async for event in stack.events():
                print(event)
            report = await run
        """
        channel = _Channel()
        self._channels.add(channel)
        try:
            while (event := await channel.next()) is not None:
                yield event
        finally:
            self._channels.discard(channel)

    # How they are carried out

    def _place(self) -> str:
        return os.path.join(self.root, ".fleetflow", "state", self.project, self.stage)

    def _core(self) -> _fleetflow.Stack:
        settings: Dict[str, Any] = {}
        for provider in self.providers:
            settings.update(provider._settings())  # pyright: ignore[reportPrivateUsage]
        declarations = [resource._declaration() for resource in self.resources]  # pyright: ignore[reportPrivateUsage]
        return _fleetflow.Stack(self.project, self.stage, self.root, settings, declarations, self._secrets)

    def _begin(self, order: _Order) -> _fleetflow.Run:
        environment = os.environ if self._environment is None else self._environment
        connections = Connections(self._providers(), environment)
        wait = order.lock_wait
        return _fleetflow.start(
            self._core(),
            order.verb,
            store=self.state._ready(),  # pyright: ignore[reportPrivateUsage]
            keys=self.state._keys(self._place()),  # pyright: ignore[reportPrivateUsage]
            who=_who(environment),
            sakura=connections.sakura,
            cloudflare=connections.cloudflare,
            engines=connections.engines,
            missing=connections.missing,
            parallelism=order.parallelism,
            with_data=self._emulated if order.with_data is None else order.with_data,
            targets=[target if isinstance(target, str) else target.address for target in order.targets],
            lock_wait=wait.total_seconds() if isinstance(wait, timedelta) else wait,
            other_account=self.other_account,
            plan=order.plan.to_json() if order.plan is not None else None,
        )

    def _run(self, order: _Order) -> str:
        try:
            return wait(self._begin(order), self._listeners(order.on_event), changes=order.changes)
        except FleetFlowError as error:
            raise self._placed(error) from None
        finally:
            self._close()

    async def _run_async(self, order: _Order) -> str:
        try:
            return await wait_async(self._begin(order), self._listeners(order.on_event), changes=order.changes)
        except FleetFlowError as error:
            raise self._placed(error) from None
        finally:
            self._close()

    def _providers(self) -> List[Provider]:
        """The clouds that were given, and those that are set up from the environment, once."""
        given = {provider.NAME: provider for provider in self.providers}
        for make in (SakuraCloud, Cloudflare, Docker):
            if make.NAME not in given:
                given[make.NAME] = self._found.setdefault(make.NAME, make())
        return list(given.values())

    def _listeners(self, on_event: OnEvent) -> Sequence[Listener]:
        return (*((on_event,) if on_event else ()), self._tell)

    def _tell(self, event: Event) -> None:
        for channel in tuple(self._channels):
            channel.put(event)

    def _close(self) -> None:
        for channel in tuple(self._channels):
            channel.put(None)

    def _placed(self, error: FleetFlowError) -> FleetFlowError:
        """The error, with places in the file that the stack was loaded from."""
        if error.problems and self._loaded is not None:
            error.problems = self._located(error.problems)
            lines = "\n".join(str(problem) for problem in error.problems)
            error.args = (lines,)
        return error

    def _located(self, problems: Iterable[Problem]) -> Tuple[Problem, ...]:
        found = tuple(problems)
        if self._loaded is None or not found:
            return found
        asked = [
            {"address": problem.address, "path": list(problem.segments), "message": problem.message}
            for problem in found
        ]
        places = json.loads(self._loaded.locate(json.dumps(asked)))
        return tuple(
            replace(problem, place=Place(**place) if place else None)
            for problem, place in zip(found, places)
        )

    @classmethod
    def _of_file(
        cls,
        loaded: _fleetflow.Loaded,
        providers: Iterable[Provider],
        state: Union[State, FilePath, None],
        environment: Optional[Mapping[str, str]],
    ) -> Stack:
        document = json.loads(loaded.document())
        given = {provider.NAME: provider for provider in providers}
        for provider in _declared_providers(document["providers"], environment):
            given.setdefault(provider.NAME, provider)
        if state is None:
            state = _declared_state(document, loaded, environment)
        stack = cls(
            document["project"],
            stage=document["stage"],
            providers=given.values(),
            root=document["root"],
            state=state,
            environment=environment,
        )
        stack._secrets = loaded.secrets()
        stack._loaded = loaded
        for declaration in document["declarations"]:
            kind = KINDS[declaration["address"].split(".", 1)[0]]
            stack.add(kind._revive(declaration))  # pyright: ignore[reportPrivateUsage]
        return stack


@dataclass(frozen=True)
class _Order:
    """What a run is to do."""

    verb: str
    targets: Iterable[Target] = ()
    changes: bool = False
    on_event: OnEvent = None
    parallelism: Optional[int] = None
    with_data: Optional[bool] = None
    lock_wait: Wait = 0
    plan: Optional[StackPlan] = None


class _Channel:
    """Carries events to a loop that waits for them, from whatever thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Optional[Event]] = asyncio.Queue()

    def put(self, event: Optional[Event]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)
        except RuntimeError:  # The loop is closed: nobody waits any more.
            pass

    async def next(self) -> Optional[Event]:
        return await self._queue.get()


def _state(state: Union[State, FilePath, None]) -> Optional[State]:
    if state is None or isinstance(state, (BucketState, FolderState, MemoryState)):
        return state
    return FolderState(state)


def _declared_state(
    document: Mapping[str, Any], loaded: _fleetflow.Loaded, environment: Optional[Mapping[str, str]]
) -> Optional[State]:
    """Where the file wants its state: the default stands for the place that the stack itself would take."""
    location: str = document["state"]
    scheme, _, rest = location.rpartition("://")
    stage = (document["project"], document["stage"])
    if scheme == "s3":
        bucket, _, prefix = rest.partition("/")
        path = "/".join(part for part in (prefix.strip("/"), *stage) if part)
        return BucketState(
            bucket, prefix=path, endpoint=document["endpoint"], environment=environment, _file=loaded
        )
    if document["encrypted"]:
        raise ConfigError(
            "the file asks for an encrypted state, but keeps it in a folder",
            hint="remove `encrypt` (the folder is readable by its owner only), or keep the state in a bucket",
        )
    if scheme not in ("", "file"):
        raise ConfigError(
            f"the file asks for state at `{scheme}://`, which this version cannot keep",
            hint="supported: a folder, or a bucket (`s3://BUCKET/PREFIX`)",
        )
    if location == "./.fleetflow":
        return None
    return FolderState(os.path.join(document["root"], rest, "state", *stage))


def _declared_providers(
    settings: Mapping[str, Any], environment: Optional[Mapping[str, str]]
) -> Iterator[Provider]:
    if sakura := settings.get("sakura_cloud"):
        yield SakuraCloud(zone=sakura.get("zone"), profile=sakura.get("profile"))
    if cloudflare := settings.get("cloudflare"):
        yield Cloudflare(account_id=cloudflare.get("account_id"))
    if docker := settings.get("docker"):
        logins = {
            login["host"]: (login["user"], _password(login["password"])) for login in docker.get("registry", ())
        }
        yield Docker(host=docker.get("host"), registries=logins)


def _password(encoded: Any) -> Union[str, Secret]:
    return str(encoded) if isinstance(encoded, str) else Secret(encoded["$secret"])


def _who(environment: Mapping[str, str]) -> str:
    user = environment.get("USER") or environment.get("LOGNAME") or _user()
    return f"{user}@{platform.node()}, process {os.getpid()}, fleetflow {_fleetflow.__version__} for Python"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "somebody"
