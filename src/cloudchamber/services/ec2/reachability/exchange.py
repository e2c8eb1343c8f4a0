"""What a probe puts on the wire, in packets and octets.

Rules of this file: numbers, and what they stand for. A probe opens a connection and closes it
(TCP), or sends one datagram and waits for one (UDP, ICMP). Header sizes are those of IPv4 with
TCP's usual options; AWS counts octets of whole packets.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TCP: Final = 6
SYN: Final = 2
FIN: Final = 1
SYN_ACK: Final = 18
_OPENING: Final = 60  # SYN or SYN-ACK: 20 of IP, 40 of TCP with its options
_LATER: Final = 52
_DATAGRAM: Final = 60  # 32 octets of payload
# Ports that Linux takes for what begins here (net.ipv4.ip_local_port_range).
LOCAL_PORTS: Final = (32_768, 60_999)


class Count(NamedTuple):
    """Packets in one direction: how many, of how many octets, and the OR of their TCP flags."""

    packets: int
    octets: int
    flags: int


def counts(protocol: int, *, is_answered: bool) -> tuple[Count, Count]:
    """What goes there and what comes back; without an answer the first packet is all there is."""
    if protocol != TCP:
        return Count(1, _DATAGRAM, 0), Count(1, _DATAGRAM, 0)
    if not is_answered:
        return Count(1, _OPENING, SYN), Count(1, _OPENING, SYN_ACK)
    there = Count(4, _OPENING + 3 * _LATER, SYN | FIN)  # SYN, ACK, FIN, ACK
    return there, Count(2, _OPENING + _LATER, SYN_ACK | FIN)  # SYN-ACK, FIN
