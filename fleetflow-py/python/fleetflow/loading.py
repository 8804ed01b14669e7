"""Stacks of ``flow.kdl``, to be changed further in Python."""

from __future__ import annotations

import os
from typing import Iterable, Mapping, Optional, Union

from . import _fleetflow
from .providers import Provider
from .stack import Stack
from .state import State
from .values import FilePath

__all__ = ["load"]


def load(
    path: FilePath = "flow.kdl",
    *,
    stage: Optional[str] = None,
    variables: Optional[Mapping[str, str]] = None,
    providers: Iterable[Provider] = (),
    state: Union[State, FilePath, None] = None,
    environment: Optional[Mapping[str, str]] = None,
) -> Stack:
    """The stack that a file declares for a stage. Contacts nobody.

    Args:
        path: The file.
        stage: The stage; may be left out where the file has only one.
        variables: Values of the file's variables, over what it says itself.
        providers: The clouds, over what the file says of them.
        state: Where the stack remembers what it made, over what the file says.
        environment: What ``env=`` reads, and where credentials are looked for; ``os.environ`` without it.

    Raises:
        ConfigError: Something is wrong with the file. ``problems`` lists every mistake with its place.
    """
    surroundings = os.environ if environment is None else environment
    home = surroundings.get("HOME") or surroundings.get("USERPROFILE")
    loaded = _fleetflow.load(os.path.abspath(path), stage, dict(variables or {}), dict(surroundings), home)
    return Stack._of_file(loaded, providers, state, environment)  # pyright: ignore[reportPrivateUsage]
