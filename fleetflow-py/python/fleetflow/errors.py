"""What can go wrong. Every exception of this package is a :class:`FleetFlowError`; there is a subclass for each kind of failure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Mapping, Optional, Tuple, Type, Union

if TYPE_CHECKING:
    from .reports import Report

__all__ = [
    "AmbiguousError",
    "CancelledError",
    "ConfigError",
    "ConflictError",
    "FleetFlowError",
    "GuardedError",
    "InternalError",
    "LocalError",
    "LockedError",
    "NotFoundError",
    "PartialError",
    "Place",
    "Problem",
    "RateLimitedError",
    "RefusedError",
    "StateError",
    "TimedOutError",
    "UnauthorizedError",
    "UnavailableError",
    "UnsupportedError",
]


@dataclass(frozen=True)
class Place:
    """Where in a ``flow.kdl`` something is."""

    file: str
    """The file."""
    line: int
    """The line, from one."""
    column: int
    """The column in characters, from one."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One mistake in what is declared."""

    address: Optional[str]
    """The resource, or none for the stack as a whole."""
    path: str
    """The place inside the declaration: ``record[0].value``."""
    message: str
    """What is wrong."""
    hint: Optional[str] = None
    """What to do about it."""
    guard: bool = False
    """Whether nothing is malformed, but a guard refused it: a protected resource, a missing approval."""
    place: Optional[Place] = None
    """Where it is in the file, for a stack that was loaded from one."""
    segments: Tuple[Union[str, int], ...] = ()
    """The path in steps."""
    code: Optional[str] = None
    """Its number, which ``flow explain`` and the list of errors know: ``FF0112``."""

    def __str__(self) -> str:
        where = [str(part) for part in (self.place, self.code, self.address, self.path) if part]
        hint = f" ({self.hint})" if self.hint else ""
        return ": ".join([*where, self.message]) + hint


class FleetFlowError(Exception):
    """Something went wrong: what was attempted, on which resource, what the provider said, what to do next."""

    KIND: ClassVar[str] = "internal"

    message: str
    """What went wrong, without context."""
    address: Optional[str]
    """The resource it is about: ``server.web``."""
    operation: Optional[str]
    """What was attempted: ``create the disk``."""
    code: Optional[str]
    """Its number, which ``flow explain`` and the list of errors know: ``FF0261``. None for an error that you made yourself."""
    provider_code: Optional[str]
    """The provider's own code."""
    request_id: Optional[str]
    """The provider's id of the request, for its support."""
    hint: Optional[str]
    """What to do next."""
    problems: Tuple[Problem, ...]
    """Every mistake in the declaration, where that is what it is about."""
    report: Optional[Report]
    """What a run did before and beside the failure, where there was one."""

    def __init__(
        self,
        text: str = "",
        *,
        message: Optional[str] = None,
        address: Optional[str] = None,
        operation: Optional[str] = None,
        code: Optional[str] = None,
        provider_code: Optional[str] = None,
        request_id: Optional[str] = None,
        hint: Optional[str] = None,
        problems: Tuple[Problem, ...] = (),
        report: Optional[Report] = None,
    ) -> None:
        super().__init__(text)
        self.message = text if message is None else message
        self.address = address
        self.operation = operation
        self.code = code
        self.provider_code = provider_code
        self.request_id = request_id
        self.hint = hint
        self.problems = problems
        self.report = report

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}\nhint: {self.hint}" if self.hint else text

    def __reduce__(self) -> Tuple[Any, ...]:
        return (_revive, (type(self), super().__str__(), dict(self.__dict__)))


class ConfigError(FleetFlowError):
    """The declaration is wrong; ``problems`` lists everything that is."""

    KIND = "invalid"


class UnauthorizedError(FleetFlowError):
    """Credentials or settings are missing or refused."""

    KIND = "unauthorized"


class GuardedError(FleetFlowError):
    """A guard refused something that is well-formed: a protected resource, a missing approval."""

    KIND = "guarded"


class NotFoundError(FleetFlowError):
    """What was to be read or changed is not there."""

    KIND = "not-found"


class ConflictError(FleetFlowError):
    """It exists already, is in use, or is in a state that does not allow this now."""

    KIND = "conflict"


class RateLimitedError(FleetFlowError):
    """The provider asks for fewer requests."""

    KIND = "rate-limited"


class UnavailableError(FleetFlowError):
    """The provider failed, or could not be reached; another try may help."""

    KIND = "unavailable"


class AmbiguousError(FleetFlowError):
    """It is not known whether the request took effect."""

    KIND = "ambiguous"


class RefusedError(FleetFlowError):
    """The provider refused the request for good."""

    KIND = "refused"


class TimedOutError(FleetFlowError):
    """It took longer than it may."""

    KIND = "timed-out"


class CancelledError(FleetFlowError):
    """The run was stopped. The next one goes on from there."""

    KIND = "cancelled"


class LockedError(FleetFlowError):
    """Somebody else is changing this stage; the message says who."""

    KIND = "locked"


class StateError(FleetFlowError):
    """The state cannot be read or written."""

    KIND = "state"


class PartialError(FleetFlowError):
    """Some steps failed; the rest is done and saved. ``report`` says which, and the next run goes on from there."""

    KIND = "partial"


class UnsupportedError(FleetFlowError):
    """This version cannot do it."""

    KIND = "unsupported"


class LocalError(FleetFlowError):
    """A local file or process failed."""

    KIND = "local"


class InternalError(FleetFlowError):
    """A mistake of FleetFlow itself."""

    KIND = "internal"


_CLASSES: Dict[str, Type[FleetFlowError]] = {
    error.KIND: error
    for error in (
        ConfigError,
        UnauthorizedError,
        GuardedError,
        NotFoundError,
        ConflictError,
        RateLimitedError,
        UnavailableError,
        AmbiguousError,
        RefusedError,
        TimedOutError,
        CancelledError,
        LockedError,
        StateError,
        PartialError,
        UnsupportedError,
        LocalError,
        InternalError,
    )
}


# What the library's hints call by the names of the command line or of Rust.
_SPELLINGS = {
    "`--with-data`": "`with_data=True`",
    "add `--other-account`": "set `Stack.other_account`",
    "`Stack::secret`": "`Stack.secret`",
    "or give `--lock-wait 15m`": "or try again later",
    "with `--target`": "by adding and removing resources in turn",
    "`flow plan`": "`Stack.plan()`",
    "`#true`": "`True`",
}


def _spelled(hint: Optional[str]) -> Optional[str]:
    for known, here in _SPELLINGS.items():
        hint = hint.replace(known, here) if hint else hint
    return hint


def _revive(kind: Type[FleetFlowError], text: str, state: Dict[str, Any]) -> FleetFlowError:
    error = kind(text)
    error.__dict__.update(state)
    return error


def problem_from(document: Mapping[str, Any]) -> Problem:
    """The problem that a document describes."""
    place = document.get("place")
    return Problem(
        address=document.get("address"),
        path=document["path"],
        message=document["message"],
        hint=_spelled(document.get("hint")),
        guard=document.get("guard", False),
        place=Place(**place) if place else None,
        segments=tuple(document.get("segments", ())),
        code=document.get("number"),
    )


def from_mapping(document: Mapping[str, Any]) -> FleetFlowError:
    """The error that a document describes."""
    from .reports import Report

    report = document.get("report")
    return _CLASSES.get(document["kind"], InternalError)(
        document["text"],
        message=document["message"],
        address=document.get("address"),
        operation=document.get("operation"),
        code=document.get("number"),
        provider_code=document.get("code"),
        request_id=document.get("request_id"),
        hint=_spelled(document.get("hint")),
        problems=tuple(problem_from(problem) for problem in document.get("problems", ())),
        report=Report.from_mapping(report) if report else None,
    )


def from_document(document: str) -> FleetFlowError:
    """The error of a JSON document: the extension module raises what this returns."""
    return from_mapping(json.loads(document))
