"""The compiled half. Private: documents in, documents out."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, final

__all__ = [
    "Cloudflare",
    "Engines",
    "Loaded",
    "Run",
    "Sakura",
    "Sandbox",
    "Secrets",
    "Stack",
    "Store",
    "__version__",
    "kinds",
    "leave",
    "load",
    "start",
]

__version__: str

def kinds() -> str: ...
def leave() -> None: ...
def load(
    path: str,
    stage: Optional[str],
    variables: Dict[str, str],
    environment: Dict[str, str],
    home: Optional[str],
) -> Loaded: ...
def start(
    stack: Stack,
    verb: str,
    *,
    store: Store,
    keys: str,
    who: str,
    sakura: Optional[Sakura],
    cloudflare: Optional[Cloudflare],
    engines: Optional[Engines],
    missing: Sequence[Tuple[str, str, str]],
    parallelism: Optional[int],
    with_data: bool,
    targets: Sequence[str],
    lock_wait: float,
    other_account: bool,
    plan: Optional[str],
) -> Run: ...
@final
class Secrets:
    def __new__(cls) -> Secrets: ...
    def with_value(self, name: str, value: str) -> Secrets: ...
    def names(self) -> List[str]: ...

@final
class Stack:
    def __new__(
        cls,
        project: str,
        stage: str,
        root: str,
        providers: Dict[str, Any],
        declarations: Sequence[Tuple[str, str, Dict[str, Any], Dict[str, Any]]],
        secrets: Secrets,
    ) -> Stack: ...
    def check(self) -> str: ...
    def declarations(self) -> str: ...

@final
class Loaded:
    def document(self) -> str: ...
    def secrets(self) -> Secrets: ...
    def locate(self, problems: str) -> str: ...

@final
class Store:
    @staticmethod
    def folder(path: str) -> Store: ...
    @staticmethod
    def memory() -> Store: ...
    @staticmethod
    def bucket(
        *,
        name: str,
        prefix: str,
        endpoint: Optional[str],
        region: str,
        access_key: str,
        secret_key: str,
        session_token: Optional[str],
        encrypt: Optional[str],
        file: Optional[Loaded],
    ) -> Store: ...
    def describe(self) -> str: ...
    def change_passphrase(self, to: str) -> None: ...

@final
class Sakura:
    def __new__(cls, token: str, secret: str, root: Optional[str]) -> Sakura: ...
    @staticmethod
    def found(
        variables: Dict[str, str], home: Optional[str], profile: Optional[str], root: Optional[str]
    ) -> Tuple[Sakura, Optional[str]]: ...

@final
class Cloudflare:
    def __new__(
        cls, secret: str, email: Optional[str], base: Optional[str], account: Optional[str]
    ) -> Cloudflare: ...
    @staticmethod
    def found(variables: Dict[str, str], base: Optional[str], account: Optional[str]) -> Cloudflare: ...

@final
class Engines:
    def __new__(
        cls,
        local: Optional[str],
        variables: Dict[str, str],
        home: Optional[str],
        identities: Sequence[str],
        identity_files: Sequence[str],
        agent: Optional[str],
        sandbox: Optional[Sandbox],
    ) -> Engines: ...

@final
class Sandbox:
    def __new__(cls, instant: bool, latency: float, world: Optional[str]) -> Sandbox: ...
    def environment(self) -> List[Tuple[str, str]]: ...
    def inventory(self) -> str: ...
    def log(self) -> str: ...
    def clear_log(self) -> None: ...
    def add_fault(self, fault: str) -> None: ...
    def stop(self) -> None: ...

@final
class Run:
    def poll(self, seconds: float) -> Tuple[List[str], bool]: ...
    def result(self) -> str: ...
    def cancel(self) -> None: ...
    def abort(self) -> None: ...
    def on_change(self, wake: Callable[[], object]) -> None: ...
