"""What all resources have in common. The classes for each kind are in :mod:`fleetflow.resources`."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Dict, Iterator, Mapping, Sequence, Tuple, Type, TypeVar, Union

from .values import Output

__all__ = ["Part", "Resource"]

_Self = TypeVar("_Self", bound="Part")
_R = TypeVar("_R", bound="Resource")


class Part:
    """A part of a declaration. Its fields are items: ``disk["size"] = 200``.

    A field that is not set has the default that its documentation names. What is set is judged when the stack is
    checked, planned or run, all of it at once.
    """

    _NAMED: ClassVar[Tuple[str, ...]] = ()
    """Fields that may be given without their name, in order."""
    _TYPE: ClassVar[str] = ""
    """Which one of several it is, where a field takes parts of several classes."""

    def __init__(self, **fields: Any) -> None:
        self._fields: Dict[str, Any] = {name: value for name, value in fields.items() if value is not None}

    @property
    def fields(self) -> Dict[str, Any]:
        """The fields that are set. Changes to it are changes to the declaration."""
        return self._fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if value is None:
            self._fields.pop(name, None)
        else:
            self._fields[name] = value

    def __delitem__(self, name: str) -> None:
        del self._fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Part) or type(self) is not type(other):
            return NotImplemented
        return self._key() == other._key()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        positional = [repr(self._fields[name]) for name in self._NAMED[:1] if name in self._fields]
        named = [f"{name}={value!r}" for name, value in self._fields.items() if name not in self._NAMED[:1]]
        return f"{type(self).__name__}({', '.join([*positional, *named])})"

    def __fleetflow__(self) -> Dict[str, Any]:
        return {"type": self._TYPE, **self._fields} if self._TYPE else self._fields

    def __copy__(self: _Self) -> _Self:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._fields = dict(self._fields)
        return twin

    def _key(self) -> object:
        return self._fields

    def _append(self, name: str, item: Any) -> None:
        """Adds to a field that holds several."""
        held: Any = self._fields.get(name)
        if held is None:
            self._fields[name] = [item]
        elif _is_list(held):
            held.append(item)
        elif isinstance(held, (tuple, set, frozenset)):
            self._fields[name] = [*held, item]
        else:
            self._fields[name] = [held, item]


def _is_list(value: object) -> bool:
    return isinstance(value, list)


class Resource(Part):
    """A resource of a stack.

    Its outputs are attributes (``server.ip``), its fields are items (``server["plan"]``).
    """

    KIND: ClassVar[str]
    """The name of the kind: ``server``."""
    PROVIDER: ClassVar[str]
    """Who serves it: ``sakura-cloud``, ``cloudflare`` or ``docker``."""
    OUTPUTS: ClassVar[Tuple[str, ...]] = ()
    """The names of its outputs."""
    _NAME: ClassVar[str] = "name"
    _DEFAULT_NAME: ClassVar[str] = ""

    def __init__(
        self,
        *,
        protect: bool = False,
        retain: bool = False,
        adopt: Union[bool, str] = False,
        depends_on: Union[Resource, str, Sequence[Union[Resource, str]]] = (),
        **fields: Any,
    ) -> None:
        super().__init__(**fields)
        self.protect = protect
        """Whether it is never deleted or replaced: the plan fails instead."""
        self.retain = retain
        """Whether it stays in the cloud when it is no longer declared, and on :meth:`fleetflow.Stack.destroy`."""
        self.adopt = adopt
        """Whether what exists under its name is taken over; a text is the id of what is taken over."""
        alone = isinstance(depends_on, (Resource, str))
        self.depends_on = [depends_on] if alone else list(depends_on)
        """What must be there before it, without a reference: resources, or addresses (``"server.web"``)."""

    @property
    def address(self) -> str:
        """Its address: ``server.web``."""
        return f"{self.KIND}.{self._fields.get(self._NAME, self._DEFAULT_NAME)}"

    def output(self, name: str) -> Output[str]:
        """The output called ``name``."""
        return Output(self.address, name)

    def _key(self) -> object:
        return (self._fields, self._flags())

    def _flags(self) -> Dict[str, Any]:
        after = [item.address if isinstance(item, Resource) else item for item in self.depends_on]
        return {"protect": self.protect, "retain": self.retain, "adopt": self.adopt, "depends_on": after}

    def _declaration(self) -> Tuple[str, str, Dict[str, Any], Dict[str, Any]]:
        name = self._fields.get(self._NAME, self._DEFAULT_NAME)
        return (self.KIND, str(name), self._fields, self._flags())

    @classmethod
    def _revive(cls: Type[_R], declaration: Mapping[str, Any]) -> _R:
        """The resource of a declaration in canonical form."""
        resource = cls.__new__(cls)
        Resource.__init__(
            resource,
            protect=bool(declaration.get("protect", False)),
            retain=bool(declaration.get("retain", False)),
            depends_on=list(declaration.get("depends_on", ())),
            **copy.deepcopy(declaration["spec"]),
        )
        if "adopt" in declaration:
            resource.adopt = declaration["adopt"] or True
        return resource

