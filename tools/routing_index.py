"""Write the routing index anew for the installed botocore: `python -m tools.routing_index`.

Rules of this file: a command and nothing else; a test says when it must be run.
"""

from __future__ import annotations

from cloudchamber.wire.routing import botocore_data, from_models


def main() -> None:
    """Writes the file and says for which botocore."""
    from_models.INDEX_FILE.write_text(from_models.write_index(), "utf-8")
    print(f"wrote {from_models.INDEX_FILE.name} for botocore {botocore_data.installed_version()}")


if __name__ == "__main__":
    main()
