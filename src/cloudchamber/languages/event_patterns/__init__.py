"""Event patterns: the JSON language by which EventBridge, Lambda and Pipes choose events.

`parse_pattern` compiles a pattern; `Pattern.matches` asks it about an event, plain JSON data.
"""

from __future__ import annotations

from cloudchamber.languages.event_patterns.parse import BadPattern, parse_pattern
from cloudchamber.languages.event_patterns.tree import Pattern

__all__ = ("BadPattern", "Pattern", "parse_pattern")
