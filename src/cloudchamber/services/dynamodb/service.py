"""Amazon DynamoDB: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import Service
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES

SERVICE: Final = Service(name="dynamodb", operations={}, tables=(TABLES, SHELVES))
