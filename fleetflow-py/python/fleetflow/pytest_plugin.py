"""A fixture for tests of one's own stacks. pytest finds it by itself where this package is installed."""

from __future__ import annotations

from typing import Iterator

import pytest

from .sandbox import Sandbox

__all__ = ["fleetflow_sandbox"]


@pytest.fixture
def fleetflow_sandbox() -> Iterator[Sandbox]:
    """Emulated clouds for one test: nothing in them at first, and gone afterwards."""
    with Sandbox() as sandbox:
        yield sandbox
