"""Waiting for a run: blocking, or in asyncio. Either way a run that is given up begins nothing new."""

from __future__ import annotations

import asyncio
import time
from typing import Callable, Optional, Sequence

from ._fleetflow import Run
from .events import Event, from_document

__all__ = ["Listener", "wait", "wait_async"]

Listener = Callable[[Event], object]

# Ctrl-C is noticed within the pause, and then what runs has this long to finish: together less than a second.
_PAUSE = 0.2
_GRACE = 0.7


def wait(run: Run, listeners: Sequence[Listener], *, changes: bool) -> str:
    """What comes of ``run``. Releases the interpreter lock while it waits."""
    try:
        over = False
        while not over:
            events, over = run.poll(_PAUSE)
            _tell(events, listeners)
    except BaseException:
        _give_up(run, changes)
        if changes:
            _linger(run)
        raise
    return run.result()


async def wait_async(run: Run, listeners: Sequence[Listener], *, changes: bool) -> str:
    """What comes of ``run``, for asyncio. Cancelled, it lets what runs finish; cancelled again, it does not wait."""
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    run.on_change(lambda: loop.call_soon_threadsafe(news.set))

    async def listen() -> None:
        over = False
        while not over:
            await news.wait()
            news.clear()
            events, over = run.poll(0)
            _tell(events, listeners)

    try:
        await listen()
    except BaseException:
        _give_up(run, changes)
        if changes:
            news.set()
            await listen()
        raise
    return run.result()


def _give_up(run: Run, changes: bool) -> None:
    if changes:
        run.cancel()
    else:
        run.abort()


def _linger(run: Run, until: Optional[float] = None) -> None:
    """Waits a moment for what runs; longer than that, it ends on its own, and the next run finds the state locked."""
    until = time.monotonic() + _GRACE if until is None else until
    while (left := until - time.monotonic()) > 0:
        if run.poll(left)[1]:
            return


def _tell(events: Sequence[str], listeners: Sequence[Listener]) -> None:
    if not listeners:
        return
    for text in events:
        event = from_document(text)
        for listener in listeners:
            listener(event)
