"""Where a stack remembers what it made."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from tempfile import TemporaryDirectory
from typing import Mapping, Optional, Union

from ._fleetflow import Loaded, Store
from .errors import UnauthorizedError

__all__ = ["BucketState", "FolderState", "MemoryState", "State"]


class FolderState:
    """State in a folder of the local disk: a journal that is only appended to, readable by its owner only.

    Args:
        path: The folder. It is made when something is written.
    """

    def __init__(self, path: Union[str, os.PathLike[str]]) -> None:
        self._path = os.fspath(path)
        self._store = Store.folder(self._path)

    @property
    def path(self) -> str:
        """The folder."""
        return self._path

    def _ready(self) -> Store:
        _make_private(self._path)
        return self._store

    def _keys(self, beside: str) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"FolderState({self._path!r})"


class MemoryState:
    """State that is lost with the process: for tests, and for stacks that live no longer.

    Give the same object to every stack that is to remember the same things.
    """

    def __init__(self) -> None:
        self._store = Store.memory()
        self._folder: Optional[TemporaryDirectory[str]] = None

    def _ready(self) -> Store:
        return self._store

    def _keys(self, beside: str) -> str:
        # For the owner only, and gone with this object.
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="fleetflow-")
        return self._folder.name

    def __repr__(self) -> str:
        return "MemoryState()"


class BucketState:
    """State in a bucket of an S3-compatible service, for stages that several people or machines change.

    Keys of the stage's servers stay in a folder of this machine.

    Args:
        bucket: The bucket's name.
        prefix: What the names of all objects begin with: ``shop/dev``.
        endpoint: The URL of the service (``https://ACCOUNT.r2.cloudflarestorage.com``); ``AWS_ENDPOINT_URL_S3`` or
            ``AWS_ENDPOINT_URL`` without it, or else that of AWS.
        region: The region; ``AWS_REGION`` or ``AWS_DEFAULT_REGION`` without it, or else ``us-east-1``.
        access_key: The id of the access key; ``AWS_ACCESS_KEY_ID`` without it.
        secret_key: The secret of the access key; ``AWS_SECRET_ACCESS_KEY`` without it.
        session_token: The token of credentials that expire; ``AWS_SESSION_TOKEN`` without it.
        encrypt: The key that everything is encrypted with before it is stored.
        environment: Where the variables are looked for; ``os.environ`` without it.

    Raises:
        UnauthorizedError: There is no access key.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: Optional[str] = None,
        region: Optional[str] = None,
        access_key: Optional[str] = None,
        secret_key: Optional[str] = None,
        session_token: Optional[str] = None,
        encrypt: Optional[str] = None,
        environment: Optional[Mapping[str, str]] = None,
        _file: Optional[Loaded] = None,
    ) -> None:
        variables = os.environ if environment is None else environment

        def needed(given: Optional[str], name: str) -> str:
            if value := given or variables.get(name):
                return value
            raise UnauthorizedError(
                f"the state is in the bucket {bucket}, but {name} is not set",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of the bucket; for R2, make an API "
                "token for it",
            )

        self._name = f"s3://{bucket}/{prefix}".rstrip("/")
        self._opened_by = partial(
            Store.bucket,
            name=bucket,
            prefix=prefix,
            endpoint=endpoint or variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL"),
            region=region or variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or "us-east-1",
            access_key=needed(access_key, "AWS_ACCESS_KEY_ID"),
            secret_key=needed(secret_key, "AWS_SECRET_ACCESS_KEY"),
            session_token=session_token or variables.get("AWS_SESSION_TOKEN"),
            file=_file,
        )
        self._store = self._opened_by(encrypt=encrypt)

    def change_passphrase(self, new: str) -> None:
        """Changes the passphrase that opens the state, for everybody: who has the one before opens it no longer.

        What is kept is not written anew: its key is closed with the new passphrase, in one write that takes effect or does
        not. Who kept a copy of ``identity.age``, which holds that key, and the passphrase before, still reads what they
        copied. It takes about two seconds. This object, and stacks that have it, go on with the new passphrase; give it to
        every other place that works on the stage. ``flow state passphrase`` does the same.

        Args:
            new: The new passphrase.

        Raises:
            UnauthorizedError: Nothing is encrypted, the passphrase of this object does not open the state, the new one is
                empty, or either is a key as ``age-keygen`` makes it, and no passphrase.

        Example::

            state = BucketState("shop-state", prefix="shop/dev", encrypt=os.environ["FLEETFLOW_STATE_KEY"])
            state.change_passphrase(os.environ["NEW_STATE_KEY"])
        """
        self._store.change_passphrase(new)
        self._store = self._opened_by(encrypt=new)

    async def change_passphrase_async(self, new: str) -> None:
        """:meth:`change_passphrase`, without keeping the event loop from other things."""
        await asyncio.get_running_loop().run_in_executor(None, self.change_passphrase, new)

    def _ready(self) -> Store:
        return self._store

    def _keys(self, beside: str) -> str:
        _make_private(beside)
        return beside

    def __repr__(self) -> str:
        return f"<BucketState {self._name}>"


State = Union[FolderState, MemoryState, BucketState]
"""A place for the state of one stage."""


def _make_private(folder: str) -> None:
    """Makes a folder for its owner only, and hides it from version control."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
        file.write("*\n")
