"""Time, order, chance and identity. Standard library only; knows nothing of AWS.

Rules of this layer: no clock, no entropy, no threads, no import of anything above. What happens
next depends on the seed and on what was asked, and on nothing else.
"""

from cloudchamber.kernel.digest import Divergence, Entry, Trace, first_divergence
from cloudchamber.kernel.errors import JournalError, KernelError
from cloudchamber.kernel.events import Event
from cloudchamber.kernel.guards import Guards
from cloudchamber.kernel.holds import Hold
from cloudchamber.kernel.kernel import Kernel
from cloudchamber.kernel.parking import Key, Parked
from cloudchamber.kernel.plain import Plain
from cloudchamber.kernel.streams import Stream, Streams

__all__ = (
    "Divergence", "Entry", "Event", "Guards", "Hold", "JournalError", "Kernel", "KernelError",
    "Key", "Parked", "Plain", "Stream", "Streams", "Trace", "first_divergence",
)  # fmt: skip
