"""What a run tells those who watch it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Union

from .errors import FleetFlowError, from_mapping
from .plans import Action

__all__ = ["Done", "Event", "Failed", "Noted", "Skipped", "Started", "Waiting"]


@dataclass(frozen=True)
class Started:
    """A step began."""

    address: str
    """The resource."""
    action: Action
    """What is done."""


@dataclass(frozen=True)
class Waiting:
    """A step waits for something."""

    address: str
    """The resource."""
    what: str
    """For what: ``disk copy 42 %``."""


@dataclass(frozen=True)
class Noted:
    """A step says something that is worth to be kept: how long a service was away."""

    address: str
    """The resource."""
    note: str
    """What it says."""


@dataclass(frozen=True)
class Done:
    """A step is done."""

    address: str
    """The resource."""
    action: Action
    """What was done."""
    elapsed: float
    """How long it took, in seconds."""


@dataclass(frozen=True)
class Failed:
    """A step failed; what does not depend on it goes on."""

    address: str
    """The resource."""
    action: Action
    """What was attempted."""
    error: FleetFlowError
    """Why."""


@dataclass(frozen=True)
class Skipped:
    """A step was not begun, because another one failed or the run was stopped."""

    address: str
    """The resource."""
    because: str
    """Because of what."""


Event = Union[Started, Waiting, Noted, Done, Failed, Skipped]
"""Something that happened during a run."""


def from_document(text: str) -> Event:
    """The event of a JSON document."""
    document = json.loads(text)
    kind, address = document["type"], document["address"]
    if kind == "started":
        return Started(address, document["action"])
    if kind == "waiting":
        return Waiting(address, document["what"])
    if kind == "noted":
        return Noted(address, document["note"])
    if kind == "done":
        return Done(address, document["action"], document["elapsed"])
    if kind == "failed":
        return Failed(address, document["action"], from_mapping(document["error"]))
    return Skipped(address, document["because"])
