"""Write `docs/services/` from what the services declare: `python -m tools.docs [--check]`.

Rules of this file: the pages hold nothing that a declaration does not say, so they are never edited
by hand and never wrong. `--check` writes nothing and fails when a page is not what it would write.

The idea: a page lists what a service declares. Everything else of AWS's model is refused by name
and is not listed: AWS adds operations every week, and a page must not be stale because of that.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cloudchamber.cloud.registry import load_service, service_names
from cloudchamber.cloud.service import Service

ROOT = Path(__file__).resolve().parent.parent
FOLDER: Final = "docs/services"
LEVELS: Final = ("simulated", "recorded", "refused")
MEANING: Final = (
    "An operation is **simulated** (it has its effect), **recorded** (stored and returned, with\n"
    "no further effect) or **refused** (a clear error that names what is missing). Every answer\n"
    "carries its level in the header `x-chamber-fidelity`.\n"
)


def pages() -> dict[str, str]:
    """Every generated page by its path from the root."""
    services = [service for name in service_names() if (service := load_service(name))]
    written = {f"{FOLDER}/{service.name}.md": page_of(service) for service in services}
    return {f"{FOLDER}/README.md": index_of(services), **written}


def index_of(services: list[Service]) -> str:
    """The page that lists the services with how many operations are at which level."""
    rows = [
        f"| [{service.name}]({service.name}.md) | {counts['simulated']} | {counts['recorded']} |"
        for service in services
        for counts in [Counter(each.fidelity for each in service.operations.values())]
    ]
    head = "| service | simulated | recorded |\n|---|---:|---:|"
    text = "# Services\n\nMade by `make docs` from each service's declaration.\n\n" + MEANING
    rest = "Every operation that a service's page does not list is refused by name.\n"
    return "\n".join([text, rest, head, *rows, ""])


def page_of(service: Service) -> str:
    """The page of one service: its operations, its quotas and its request rates."""
    readme = f"../../src/cloudchamber/services/{folder_of(service.name)}/README.md"
    made = (
        "Made by `make docs` from the service's declaration. What behaves, and what surprises, is"
    )
    head = [f"# {service.name}\n", f"{made}\nin [its README]({readme}).\n", MEANING]
    tables = [*_operations(service), *_quotas(service), *_rates(service)]
    return "\n".join([*head, *tables]).rstrip("\n") + "\n"


def folder_of(name: str) -> str:
    """The folder under services/ that holds botocore's service `name`."""
    folder = name.replace("-", "_")
    services = ROOT / "src" / "cloudchamber" / "services"
    return folder if (services / folder).is_dir() else f"{folder}_"


def _operations(service: Service) -> Iterator[str]:
    yield "## Operations\n"
    yield "| operation | level | note |\n|---|---|---|"
    for name, operation in sorted(service.operations.items()):
        yield f"| {name} | {operation.fidelity} | {_cell(operation.note)} |"
    yield "\nEvery other operation is refused by name.\n"


def _quotas(service: Service) -> Iterator[str]:
    if service.quotas:
        yield "## Quotas\n"
        yield "| quota | value | adjustable | source |\n|---|---:|---|---|"
        for name, quota in sorted(service.quotas.items()):
            adjustable = "yes" if quota.adjustable else "no"
            yield f"| {name} | {quota.value} | {adjustable} | {_cell(quota.source)} |"
        yield ""


def _rates(service: Service) -> Iterator[str]:
    if service.rates:
        yield "## Request rates\n"
        yield "| operation | per second | burst | source |\n|---|---:|---:|---|"
        for name, rate in sorted(service.rates.items()):
            yield f"| {name} | {rate.per_second} | {rate.burst} | {_cell(rate.source)} |"
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def stale(wanted: Mapping[str, str]) -> list[str]:
    """The paths whose file is not what it should be, or should not be there."""
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).glob("*.md")}
    differ = {path for path in there & set(wanted) if (ROOT / path).read_text() != wanted[path]}
    return sorted(differ | (there ^ set(wanted)))


def main(arguments: list[str]) -> int:
    """Exit code 0 when the pages are (now) right, 1 when `--check` finds one that is not."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.docs [--check]", file=sys.stderr)
        return 2
    wanted = pages()
    wrong = stale(wanted)
    for path in wrong:
        if arguments:
            print(f"{path} is stale: run `make docs`")
        elif path in wanted:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(wanted[path])
            print(f"wrote {path}")
        else:
            (ROOT / path).unlink()
            print(f"deleted {path}")
    return 1 if arguments and wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
