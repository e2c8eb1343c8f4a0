"""How much a client may send, how slowly, and how many at once.

Rules of this file: numbers only, in one frozen value. Times are nanoseconds of the wall clock.
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps of the front end. Every one has an answer: 408, 413, 414, 431, 503 or a closed door.

    `head_bytes_max` and `header_count_max` bound a request's head (AWS itself stops near 16 KiB of
    headers; presigned URLs with session tokens are longer). `body_bytes_max` is one body, held in
    memory; `spooled_bytes_max` one that is put aside while it comes (S3 takes 5 GiB at a time, in
    chunks a little more); `bodies_bytes_max` all bodies that are being received into memory.
    `head_ns` is the time for a whole head, `body_idle_ns` the longest silence in a body,
    `keep_alive_ns` between requests, `write_stall_ns` with a client that does not read.
    `linger_ns` is how long a refused client may go on talking before the door shuts.
    """

    head_bytes_max: int = 65_536
    header_count_max: int = 256
    body_bytes_max: int = 1 << 30
    spooled_bytes_max: int = (5 << 30) + (64 << 20)
    bodies_bytes_max: int = 4 << 30
    connections_max: int = 8192
    streams_max: int = 128
    head_ns: int = 15 * SECOND_NS
    body_idle_ns: int = MINUTE_NS
    keep_alive_ns: int = 300 * SECOND_NS
    write_stall_ns: int = MINUTE_NS
    linger_ns: int = 2 * SECOND_NS
