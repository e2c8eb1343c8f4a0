"""Finds services by listing the services folder, and loads each when it is first called.

Rules of this file: no list of names to edit. A folder `services/x_y` holds botocore's service
`x-y`; a trailing underscore (`lambda_`) keeps clear of Python's keywords.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

from cloudchamber.cloud.service import Service

PACKAGE = "cloudchamber.services"


def service_names() -> list[str]:
    """botocore names of the services that have a folder, sorted. Imports none of them."""
    package = importlib.import_module(PACKAGE)
    return sorted(
        module.name.rstrip("_").replace("_", "-")
        for module in pkgutil.iter_modules(package.__path__)
        if module.ispkg
    )


def load_service(name: str) -> Service | None:
    """Import a service's declaration; None when no folder carries its name."""
    folder = name.replace("-", "_")
    for candidate in (folder, f"{folder}_"):
        try:
            module = importlib.import_module(f"{PACKAGE}.{candidate}.service")
        except ModuleNotFoundError as error:
            if error.name in (f"{PACKAGE}.{candidate}", f"{PACKAGE}.{candidate}.service"):
                continue
            raise
        service: Service = module.SERVICE
        return service
    return None


class Registry:
    """The services of one world that were called so far."""

    __slots__ = ("_loaded", "_on_load", "_ports", "_subscribers")

    def __init__(self, on_load: Callable[[Service], None]) -> None:
        self._loaded: dict[str, Service] = {}
        self._ports: dict[str, tuple[Callable[..., Any], ...]] = {}
        self._subscribers: dict[str, tuple[Service, ...]] = {}
        self._on_load = on_load

    def expect(self, name: str) -> Service:
        """The service, loaded now if need be. A name without a folder refuses everything."""
        service = self._loaded.get(name)
        if service is None:
            service = load_service(name) or Service(name, {})
            self._loaded[name] = service
            for port, function in service.ports.items():
                self._ports[port] = (*self._ports.get(port, ()), function)
            for fact in service.subscribes:
                told = (*self._subscribers.get(fact, ()), service)
                self._subscribers[fact] = tuple(sorted(told, key=lambda each: each.name))
            self._on_load(service)
        return service

    def port(self, name: str) -> Callable[..., Any] | None:
        """The first loaded answer to a port, or None while nobody who answers is loaded."""
        functions = self._ports.get(name)
        return functions[0] if functions else None

    def ports(self, name: str) -> tuple[Callable[..., Any], ...]:
        """Every loaded answer to a port, in order of loading."""
        return self._ports.get(name, ())

    def subscribers(self, fact: str) -> tuple[Service, ...]:
        """The loaded services that subscribe to a fact, by name."""
        return self._subscribers.get(fact, ())

    def loaded(self) -> Iterator[Service]:
        """The services loaded so far, by name."""
        return iter([self._loaded[name] for name in sorted(self._loaded)])
