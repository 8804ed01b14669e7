"""A plan as data: what a run would do, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Dict, List, Literal, Mapping, Optional, Tuple, Union

from .tables import table

__all__ = ["Action", "Change", "Disruption", "Drift", "StackPlan", "Step"]

Action = Literal["create", "update", "replace", "delete", "adopt", "forget"]
"""What a step does."""

_LEVELS = ("none", "restart", "reboot", "replace")


@dataclass(frozen=True)
class Change:
    """A field that differs."""

    path: Tuple[Union[str, int], ...]
    """The field, in steps."""
    before: Any
    """What is there."""
    after: Any
    """What is declared. ``{"$unknown": ...}`` is known only after the run."""
    forces_replacement: bool = False
    """Whether this field cannot change in place."""
    secret: bool = False
    """Whether the value is secret: then before and after say nothing."""

    @property
    def field(self) -> str:
        """The field as text: ``record[0].value``."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
        return text


@dataclass(frozen=True)
class Disruption:
    """What users notice while a step is carried out."""

    level: Literal["none", "restart", "reboot", "replace"] = "none"
    """How bad it is."""
    effects: Tuple[str, ...] = ()
    """What exactly: ``new server id``."""


@dataclass(frozen=True)
class Step:
    """One step of a plan."""

    address: str
    """The resource."""
    action: Action
    """What is done."""
    reason: Optional[str] = None
    """Why, where the action alone does not say it."""
    changes: Tuple[Change, ...] = ()
    """The fields that differ."""
    disruption: Disruption = Disruption()
    """What users notice."""
    after: Tuple[str, ...] = ()
    """Steps of this plan that must be done before."""

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any]) -> Step:
        """The step of a document that was read already."""
        disruption = document.get("disruption", {})
        return cls(
            address=document["address"],
            action=document["action"],
            reason=document.get("reason"),
            changes=_changes(document),
            disruption=Disruption(disruption.get("level", "none"), tuple(disruption.get("effects", ()))),
            after=tuple(document.get("after", ())),
        )


@dataclass(frozen=True)
class Drift:
    """What changed in a cloud since the last run, without FleetFlow."""

    address: str
    """The resource."""
    gone: bool
    """Whether it is gone altogether."""
    changes: Tuple[Change, ...] = ()
    """The fields that differ from what was applied last."""


class StackPlan:
    """The difference between what is declared and what is there.

    Plans are equal when their documents are; they can be pickled, and saved with :meth:`to_json`.
    """

    __slots__ = ("_document", "_json")
    __match_args__: ClassVar[Tuple[str, ...]] = ("steps",)

    _json: str
    _document: Dict[str, Any]

    def __init__(self, document: str) -> None:
        """A plan from its JSON document."""
        self._json = document
        self._document = json.loads(document)

    @property
    def project(self) -> str:
        """The project."""
        return str(self._document["project"])

    @property
    def stage(self) -> str:
        """The stage."""
        return str(self._document["stage"])

    @property
    def steps(self) -> Tuple[Step, ...]:
        """What will be done, in an order that respects every dependency."""
        return tuple(Step.from_mapping(step) for step in self._document["steps"])

    @property
    def unchanged(self) -> int:
        """How many resources are already as declared."""
        return int(self._document["unchanged"])

    @property
    def foreign(self) -> int:
        """How many resources of others were seen, which are left alone."""
        return int(self._document["foreign"])

    @property
    def drift(self) -> Tuple[Drift, ...]:
        """What changed in the clouds since the last run, without FleetFlow."""
        return drift_of(self._document["drift"])

    @property
    def notes(self) -> Tuple[str, ...]:
        """What is worth knowing but needs no decision."""
        return tuple(self._document["notes"])

    @property
    def is_empty(self) -> bool:
        """Whether everything is as declared."""
        return not self._document["steps"]

    @property
    def disruption(self) -> str:
        """The worst disruption of all steps: ``none``, ``restart``, ``reboot`` or ``replace``."""
        levels = [_LEVELS.index(step.disruption.level) for step in self.steps]
        return _LEVELS[max(levels, default=0)]

    def count(self, action: Action) -> int:
        """How many steps have ``action``."""
        return sum(step["action"] == action for step in self._document["steps"])

    def step(self, address: str) -> Optional[Step]:
        """The step on the resource at ``address``, if there is one."""
        return next((step for step in self.steps if step.address == address), None)

    def to_json(self, *, indent: Optional[int] = None) -> str:
        """The plan's document: the same text, byte for byte, as the same stack in Rust or KDL gives."""
        if indent is None:
            return self._json
        return json.dumps(self._document, indent=indent, ensure_ascii=False)

    @classmethod
    def from_json(cls, document: str) -> StackPlan:
        """The plan of a document that :meth:`to_json` gave."""
        return cls(document)

    def __bool__(self) -> bool:
        return not self.is_empty

    def __len__(self) -> int:
        return len(self._document["steps"])

    def __eq__(self, other: object) -> bool:
        return self._document == other._document if isinstance(other, StackPlan) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._json)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (StackPlan, (self._json,))

    def __repr__(self) -> str:
        return f"<StackPlan {self.project}/{self.stage}: {self._summary()}>"

    def __str__(self) -> str:
        lines = [f"{self.project}/{self.stage}: {self._summary()}"]
        for step in self.steps:
            lines.append(f"  {step.action} {step.address}{_because(step)}")
            lines.extend(f"      {_difference(change, '->')}" for change in step.changes)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (
                step.action,
                step.address,
                "\n".join(_difference(change, "→") for change in step.changes),
                _noticed(step.disruption),
                step.reason or "",
            )
            for step in self.steps
        ]
        drift = [f"changed without us: {drift.address}{' (gone)' if drift.gone else ''}" for drift in self.drift]
        head = ("action", "resource", "changes", "disruption", "why")
        return table(f"{self.project}/{self.stage}: {self._summary()}", head, rows, [*drift, *self.notes])

    def _summary(self) -> str:
        counts: Dict[str, int] = {}
        for step in self._document["steps"]:
            counts[step["action"]] = counts.get(step["action"], 0) + 1
        parts = [f"{count} to {action}" for action, count in counts.items()]
        return ", ".join([*(parts or ["nothing to do"]), f"{self.unchanged} as declared"])


def drift_of(documents: List[Mapping[str, Any]]) -> Tuple[Drift, ...]:
    """Drift from its documents."""
    return tuple(Drift(document["address"], document["gone"], _changes(document)) for document in documents)


def _changes(document: Mapping[str, Any]) -> Tuple[Change, ...]:
    return tuple(
        Change(
            tuple(change["path"]),
            change.get("before"),
            change.get("after"),
            change.get("forces_replacement", False),
            change.get("secret", False),
        )
        for change in document.get("changes", ())
    )


def _because(step: Step) -> str:
    return f" ({step.reason})" if step.reason else ""


def _difference(change: Change, arrow: str) -> str:
    if change.secret:
        return f"{change.field}: (secret)"
    return f"{change.field}: {_shown(change.before)} {arrow} {_shown(change.after)}"


def _noticed(disruption: Disruption) -> str:
    return ", ".join(disruption.effects) or ("" if disruption.level == "none" else disruption.level)


def _shown(value: Any) -> str:
    marks = {"$unknown": "(known after the run)", "$secret": "(secret)"}
    for mark, words in marks.items():
        if isinstance(value, dict) and mark in value:
            return words
    return "(none)" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
