"""Every service's declaration holds what the contract says, and its pages say what it declares."""

from __future__ import annotations

import pytest

from cloudchamber.cloud.registry import load_service, service_names
from cloudchamber.cloud.service import Operation, Service
from cloudchamber.wire.model import load_model, services
from tests.tidy.house import House
from tests.tidy.rules import RULES
from tools import docs, new_service

LEVELS = ("simulated", "recorded", "refused")


def wrong_with(service: Service, name: str, operation: Operation, modelled: bool) -> str:
    """What is wrong with one declared operation; "" when nothing is."""
    handler = operation.handler
    if not modelled:
        return f"{name} is no operation of AWS's {service.name}"
    if operation.fidelity not in LEVELS:
        return f"{name} has no level"
    if operation.fidelity != "simulated" and not operation.note:
        return f"{name} is {operation.fidelity} without a note that says what is missing"
    if (handler is None) != (operation.fidelity == "refused"):
        return f"{name} is {operation.fidelity}, which does not go with handler {handler}"
    folder = f"cloudchamber.services.{docs.folder_of(service.name)}."
    if handler is not None and not handler.__module__.startswith(folder):
        return f"the handler of {name} lives in {handler.__module__}, outside its service"
    return ""


@pytest.mark.parametrize("name", service_names())
def test_each_operation_has_one_level_and_the_handler_that_goes_with_it(name: str) -> None:
    service = load_service(name)
    assert service, "the folder holds no service.py"
    assert service.name == name
    model = load_model(name)
    wrong = [
        wrong_with(service, declared, operation, declared in model.operations)
        for declared, operation in service.operations.items()
    ]
    assert not [text for text in wrong if text]
    assert {service.operation(each).fidelity for each in model.operations} <= set(LEVELS)


def echo(call: object, request: dict[str, object]) -> dict[str, object]:
    return request


@pytest.mark.parametrize(
    ("operation", "modelled", "says"),
    [
        (Operation(handler=echo, fidelity="simulated"), False, "no operation of AWS's"),
        (Operation(handler=None, fidelity="simulated"), True, "does not go with handler"),
        (Operation(handler=echo, fidelity="refused", note="x"), True, "does not go with handler"),
        (Operation(handler=None, fidelity="refused"), True, "without a note"),
        (Operation(handler=echo, fidelity="recorded"), True, "without a note"),
        (Operation(handler=echo, fidelity="simulated"), True, "outside its service"),
        (Operation(handler=None, fidelity="refused", note="x"), True, ""),
    ],
)
def test_a_wrong_declaration_is_caught(operation: Operation, modelled: bool, says: str) -> None:
    found = wrong_with(Service("sqs", {}), "SendMessage", operation, modelled)
    assert says in found
    assert bool(says) == bool(found)


def test_services_are_named_as_botocore_names_them() -> None:
    assert set(service_names()) <= set(services())


def test_the_generated_pages_are_what_the_declarations_say() -> None:
    assert not docs.stale(docs.pages()), "run `make docs`"


def test_a_page_lists_operations_with_level_and_note() -> None:
    odd = Operation(handler=echo, fidelity="recorded", note="stored |\nonly")
    page = docs.page_of(Service("sqs", {"SendMessage": odd}))
    assert "| SendMessage | recorded | stored \\| only |\n" in page


@pytest.mark.parametrize("name", ["sns", "lambda", "marketplacecommerceanalytics"])
def test_a_service_fresh_from_the_tool_keeps_every_rule(name: str) -> None:
    files = new_service.files_of(name)
    assert len(files) == 4
    for rule in RULES:
        assert not list(rule(House(files))), rule.__name__
