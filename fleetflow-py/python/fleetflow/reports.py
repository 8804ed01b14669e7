"""What a run did, and what is there now, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, Literal, Mapping, Optional, Tuple, TypeVar, Union, cast

from .errors import FleetFlowError, from_mapping
from .plans import Action, Drift, drift_of
from .tables import table
from .values import Output

__all__ = ["Health", "Report", "ResourceStatus", "Status"]

_T = TypeVar("_T")
_Self = TypeVar("_Self", bound="_Document")


class _Document:
    """Data that is its JSON document: equal, hashed and pickled by it."""

    __slots__ = ("_document",)
    _document: Dict[str, Any]

    def __init__(self, document: str) -> None:
        self._document = json.loads(document)

    @classmethod
    def from_json(cls: type[_Self], document: str) -> _Self:
        """The data of a document that :meth:`to_json` gave."""
        return cls(document)

    @classmethod
    def from_mapping(cls: type[_Self], document: Mapping[str, Any]) -> _Self:
        """The data of a document that was read already."""
        return cls(json.dumps(document))

    def to_json(self, *, indent: Optional[int] = None) -> str:
        """Its document."""
        separators = (",", ":") if indent is None else None
        return json.dumps(self._document, indent=indent, separators=separators, ensure_ascii=False)

    def __eq__(self, other: object) -> bool:
        return self._document == other._document if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(json.dumps(self._document, sort_keys=True))

    def __reduce__(self) -> Tuple[Any, ...]:
        return (type(self), (json.dumps(self._document),))


class Report(_Document):
    """What a run did."""

    __slots__ = ()

    @property
    def outcome(self) -> Literal["converged", "failed", "interrupted"]:
        """How it ended."""
        return cast("Literal['converged', 'failed', 'interrupted']", self._document["outcome"])

    @property
    def done(self) -> Tuple[Tuple[str, Action], ...]:
        """The steps that are done, in the order they were: resource and action each."""
        return tuple((step["address"], step["action"]) for step in self._document["done"])

    @property
    def failed(self) -> Dict[str, FleetFlowError]:
        """The steps that failed, with their errors, by resource."""
        return {step["address"]: from_mapping(step["error"]) for step in self._document["failed"]}

    @property
    def skipped(self) -> Tuple[str, ...]:
        """The resources whose steps were not begun."""
        return tuple(self._document["skipped"])

    @property
    def outputs(self) -> Dict[str, Dict[str, Any]]:
        """The outputs of everything in the stage that exists, by resource."""
        return {address: dict(outputs) for address, outputs in self._document["outputs"].items()}

    def output(self, output: Union[Output[_T], str]) -> str:
        """The value of an output: ``report.output(server.ip)``, or ``report.output("server.web.ip")``.

        Raises:
            KeyError: There is no such output, or its resource does not exist.
        """
        address, name = (output.address, output.name) if isinstance(output, Output) else output.rsplit(".", 1)
        return cast(str, self._document["outputs"][address][name])

    def count(self, action: Action) -> int:
        """How many steps of ``action`` are done."""
        return sum(step["action"] == action for step in self._document["done"])

    def __repr__(self) -> str:
        document = self._document
        counts = f"{len(document['done'])} done, {len(document['failed'])} failed, {len(document['skipped'])} skipped"
        return f"<Report {self.outcome}: {counts}>"

    def _repr_html_(self) -> str:
        rows = [(f"{action} done", address, "") for address, action in self.done]
        rows += [("failed", address, str(error)) for address, error in self.failed.items()]
        rows += [("skipped", address, "") for address in self.skipped]
        return table(repr(self).strip("<>"), ("step", "resource", "why"), rows)


Health = Literal["ok", "waiting", "bad"]
"""How a resource is."""


@dataclass(frozen=True)
class ResourceStatus:
    """One resource as it is now."""

    address: str
    """Its address."""
    present: bool
    """Whether it is there."""
    health: Health = "ok"
    """How it is: well as far as its cloud says, on its way, or missing, down or broken."""
    id: Optional[str] = None
    """The id that its cloud gave it."""
    note: Optional[str] = None
    """What is not well, in words."""
    status: Dict[str, Any] = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]
    """What its cloud says: power, state, health, load."""
    outputs: Dict[str, Any] = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]
    """Its outputs."""


class Status(_Document):
    """What is there now of everything that is declared or remembered."""

    __slots__ = ()

    @property
    def resources(self) -> Tuple[ResourceStatus, ...]:
        """The resources, what is not well first."""
        return tuple(_resource(document) for document in self._document["resources"])

    @property
    def drift(self) -> Tuple[Drift, ...]:
        """What changed in the clouds since the last run, without FleetFlow."""
        return drift_of(self._document["drift"])

    @property
    def pending_changes(self) -> Optional[int]:
        """How many steps a run would take; none where no plan can be made."""
        return cast("Optional[int]", self._document["pending_changes"])

    @property
    def hindrance(self) -> Optional[FleetFlowError]:
        """Why no plan can be made, if so."""
        hindrance = self._document["hindrance"]
        return from_mapping(hindrance) if hindrance else None

    @property
    def unwell(self) -> Tuple[ResourceStatus, ...]:
        """The resources that are missing, down or broken."""
        return tuple(resource for resource in self.resources if resource.health == "bad")

    @property
    def is_as_declared(self) -> bool:
        """Whether a run would change nothing."""
        return self.pending_changes == 0

    def __getitem__(self, address: str) -> ResourceStatus:
        for resource in self.resources:
            if resource.address == address:
                return resource
        raise KeyError(address)

    def __repr__(self) -> str:
        present = sum(bool(document["present"]) for document in self._document["resources"])
        return f"<Status: {present} of {len(self._document['resources'])} there, {self.pending_changes} changes pending>"

    def _repr_html_(self) -> str:
        rows = [
            (
                resource.health,
                resource.address,
                resource.note or "",
                ", ".join(f"{name}: {value}" for name, value in resource.status.items()),
                ", ".join(f"{name}: {value}" for name, value in resource.outputs.items()),
            )
            for resource in self.resources
        ]
        return table(repr(self).strip("<>"), ("state", "resource", "note", "status", "outputs"), rows)


def _resource(document: Mapping[str, Any]) -> ResourceStatus:
    return ResourceStatus(
        document["address"],
        document["present"],
        health=document["health"],
        id=document["id"],
        note=document["note"],
        status=dict(document["status"]),
        outputs=dict(document["outputs"]),
    )
