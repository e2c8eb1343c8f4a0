"""AWS's protocols: bytes <-> modelled values, one file per protocol.

`codec_for(model, protocol)` gives the `Codec` of a service in one of its protocols. Inside the
chamber a timestamp is a float of epoch seconds, a blob is bytes, an absent member is an absent key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cloudchamber.wire.model import ServiceModel, load_model
from cloudchamber.wire.protocols.codec import Codec, Decoder, Encoder
from cloudchamber.wire.protocols.ec2 import Ec2Codec
from cloudchamber.wire.protocols.json import JsonCodec
from cloudchamber.wire.protocols.query import QueryCodec
from cloudchamber.wire.protocols.rest_json import RestJsonCodec
from cloudchamber.wire.protocols.rest_xml import RestXmlCodec

__all__ = ("Codec", "Decoder", "Encoder", "codec_class", "codec_for")

CBOR: Final = "smithy-rpc-v2-cbor"
_CODECS: Final[Mapping[str, type[Codec]]] = MappingProxyType(
    {
        "json": JsonCodec,
        "query": QueryCodec,
        "ec2": Ec2Codec,
        "rest-json": RestJsonCodec,
        "rest-xml": RestXmlCodec,
    }
)


def codec_class(protocol: str) -> type[Codec]:
    """The codec of a protocol. Raises KeyError for one that does not exist."""
    if protocol == CBOR:
        # CBOR's library is slow to load, and many a chamber never meets a client that speaks it.
        from cloudchamber.wire.protocols.cbor import CborCodec

        return CborCodec
    return _CODECS[protocol]


def codec_for(service: ServiceModel | str, protocol: str) -> Codec:
    """The codec of `service` in `protocol`, one of the service's `protocols`. Kept once made.

    Raises KeyError for a protocol that does not exist, `UnknownServiceError` for such a service.
    """
    return _kept(load_model(service) if isinstance(service, str) else service, protocol)


@lru_cache(maxsize=1024)
def _kept(service: ServiceModel, protocol: str) -> Codec:
    return codec_class(protocol)(service)
