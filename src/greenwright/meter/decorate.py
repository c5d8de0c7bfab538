"""Make every call of a function a window: plain functions, coroutines, generators and their async kin."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

_Work = TypeVar("_Work", bound=Callable[..., Any])
_Opens = Callable[[str], AbstractContextManager[object]]
"""Gives a window of this name."""


def measured(window: _Opens, work: _Work) -> _Work:
    """The same function, each call of it in a window of its name.

    A generator's window lasts from its first value to its last, what its caller does in between included. Calls may nest and
    overlap; each window then holds all that was used while it was open.
    """
    name = getattr(work, "__qualname__", "work").replace("<locals>.", "")
    if inspect.iscoroutinefunction(work):
        kind = _coroutine
    elif inspect.isasyncgenfunction(work):
        kind = _async_generator
    elif inspect.isgeneratorfunction(work):
        kind = _generator
    else:
        kind = _function
    return cast("_Work", functools.wraps(work)(kind(window, name, work)))


def _function(window: _Opens, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        with window(name):
            return work(*given, **named)

    return call


def _coroutine(window: _Opens, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*given: Any, **named: Any) -> Any:
        with window(name):
            return await work(*given, **named)

    return call


def _generator(window: _Opens, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Generator[Any, Any, Any]:
        with window(name):
            result = yield from work(*given, **named)
            return result

    return call


def _async_generator(window: _Opens, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*given: Any, **named: Any) -> AsyncIterator[Any]:
        with window(name):
            async for value in work(*given, **named):
                yield value

    return call
