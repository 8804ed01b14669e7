"""Values that may not be known yet: outputs of other resources, and secrets.

Both may stand wherever a field says so (its type is :data:`Text`), and inside f-strings::

    f"postgres://{db.ip}:5432/{Secret('password')}"
"""

from __future__ import annotations

import os
from typing import Any, Generic, TypeVar, Union

__all__ = ["FilePath", "Output", "Secret", "Text"]

_T_co = TypeVar("_T_co", covariant=True)

# Characters that Unicode keeps for a program's own use stand around a mark inside a text. The extension module finds
# them again; a mark that was cut or changed on the way is a mistake with a place.
_OPEN = "\ufdd0"
_CLOSE = "\ufdd1"


class _Deferred:
    """Something whose text is known only later."""

    __slots__ = ()

    def _mark(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{_OPEN}{self._mark()}{_CLOSE}"

    def __format__(self, format_spec: str) -> str:
        if format_spec:
            raise TypeError(f"{self!r} is known only later: it takes no format ({format_spec!r})")
        return str(self)

    def __add__(self, other: Union[str, _Deferred]) -> str:
        if not isinstance(other, (str, _Deferred)):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return f"{self}{other}"

    def __radd__(self, other: str) -> str:
        if not isinstance(other, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return f"{other}{self}"

    def __fleetflow__(self) -> str:
        return str(self)


class Output(_Deferred, Generic[_T_co]):
    """An output of a resource: ``server.ip``, known once the resource exists.

    Put it where another resource needs it, as it is or in an f-string; that also puts the two in order. The type
    parameter is the type of the value. After a run, :meth:`fleetflow.Report.output` gives the value.
    """

    __slots__ = ("_address", "_name")

    def __init__(self, address: str, name: str) -> None:
        self._address = address
        self._name = name

    @property
    def address(self) -> str:
        """The resource: ``server.web``."""
        return self._address

    @property
    def name(self) -> str:
        """The output's name there: ``ip``."""
        return self._name

    def _mark(self) -> str:
        return f"output {self._address}.{self._name}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Output):
            return NotImplemented
        return (self._address, self._name) == (other._address, other._name)

    def __hash__(self) -> int:
        return hash((self._address, self._name))

    def __repr__(self) -> str:
        return f"<output {self._address}.{self._name}>"


class Secret(_Deferred):
    """A secret of the stack, by its name; :meth:`fleetflow.Stack.secret` gives it its value.

    The value never reaches plan, state, log or error: only a keyed fingerprint of it is kept, so that a change is seen.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """Its name in the stack."""
        return self._name

    def _mark(self) -> str:
        return f"secret {self._name}"

    def __eq__(self, other: object) -> bool:
        return self._name == other._name if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(("secret", self._name))

    def __repr__(self) -> str:
        return f"Secret({self._name!r})"


Text = Union[str, "Output[Any]", Secret]
"""A text that may be known only later."""

FilePath = Union[str, "os.PathLike[str]"]
"""A path; a relative one starts from the stack's root."""
