"""Where a stack remembers what it made."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import Optional, Union

from ._fleetflow import Store

__all__ = ["FolderState", "MemoryState", "State"]


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
        """Makes the folder for its owner only, and hides it from version control."""
        if not os.path.isdir(self._path):
            os.makedirs(self._path, mode=0o700, exist_ok=True)
            ignored = os.path.join(self._path, ".gitignore")
            with open(ignored, "w", encoding="utf-8") as file:
                file.write("*\n")
        return self._store

    def _keys(self) -> str:
        """Where the keys of the stage's servers are."""
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

    def _keys(self) -> str:
        """Where the keys of the stage's servers are: for the owner only, and gone with this object."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="fleetflow-")
        return self._folder.name

    def __repr__(self) -> str:
        return "MemoryState()"


State = Union[FolderState, MemoryState]
"""A place for the state of one stage."""
