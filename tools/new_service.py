"""Make the folder of a new service and of its tests: `python -m tools.new_service NAME`.

Rules of this file: what it makes passes every rule of the house as it is, and refuses every
operation by name, which is true. NAME is botocore's name of the service (`sqs`, `logs`).
"""

from __future__ import annotations

import keyword
import sys
from pathlib import Path
from typing import Final

from cloudchamber.wire.model import UnknownServiceError, load_model

ROOT = Path(__file__).resolve().parent.parent

README: Final = """# {title}

botocore's `{name}`.

## What behaves
Nothing yet.

## What is recorded
Nothing yet.

## What is refused
Every operation, by name.

## Surprises
None known.

## Links
- The operations and their levels: `docs/services/{name}.md`
"""
INIT: Final = '"""{title}; see the README beside this file."""\n'
SERVICE: Final = '''"""What {title} answers.

Everything it does not list is refused by name.
"""

from __future__ import annotations

from cloudchamber.cloud.service import Service

SERVICE = Service(
    name="{name}",
    operations={{}},
)
'''
TEST: Final = '''"""{title} answers what it declares and refuses the rest."""

from __future__ import annotations

from cloudchamber.services.{folder}.service import SERVICE


def test_what_is_not_declared_is_refused() -> None:
    assert SERVICE.operation("{operation}").fidelity == "refused"
'''


def files_of(name: str) -> dict[str, str]:
    """The files of a new service by path. Raises UnknownServiceError for no name of botocore's."""
    model = load_model(name)
    folder = name.replace("-", "_") + ("_" if keyword.iskeyword(name) else "")
    facts = {
        "name": name,
        "folder": folder,
        "title": model.metadata.service_full_name or name,
        "operation": min(model.operations),
    }
    package = f"src/cloudchamber/services/{folder}"
    return {
        f"{package}/README.md": README.format(**facts),
        f"{package}/__init__.py": INIT.format(**facts),
        f"{package}/service.py": SERVICE.format(**facts),
        f"tests/unit/services/{folder}/test_{folder.rstrip('_')}.py": TEST.format(**facts),
    }


def main(arguments: list[str]) -> int:
    """Exit code 0 when the folders are made, 1 when they cannot be, 2 for wrong arguments."""
    if len(arguments) != 1:
        print("usage: python -m tools.new_service NAME", file=sys.stderr)
        return 2
    try:
        files = files_of(arguments[0])
    except UnknownServiceError:
        print(f"botocore has no model of a service {arguments[0]!r}", file=sys.stderr)
        return 1
    if there := [path for path in files if (ROOT / path).exists()]:
        print(f"{there[0]} is there already; nothing was written", file=sys.stderr)
        return 1
    for path, text in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)
        print(f"wrote {path}")
    print("next: run `make docs`, then give the service its nouns (docs/adding-a-service.md)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
