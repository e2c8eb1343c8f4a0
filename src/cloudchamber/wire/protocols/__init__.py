"""AWS's protocols: bytes <-> modelled values, one file per protocol.

`codec_for(model, protocol)` gives the `Codec` of a service in one of its protocols. Inside the
chamber a timestamp is a float of epoch seconds, a blob is bytes, an absent member is an absent key.
"""

from __future__ import annotations

from functools import lru_cache

from cloudchamber.wire.model import ServiceModel, load_model
from cloudchamber.wire.protocols.codec import Codec, Decoder, Encoder
from cloudchamber.wire.protocols.json import JsonCodec

__all__ = ("Codec", "Decoder", "Encoder", "codec_class", "codec_for")


def codec_class(protocol: str) -> type[Codec]:
    """The codec of a protocol. Raises KeyError for one that does not exist.

    Each is loaded when it is first asked for: a chamber that starts for one SQS call needs one of
    the six, and together they take longer to load than the call.
    """
    if protocol == "json":
        return JsonCodec
    if protocol == "query":
        from cloudchamber.wire.protocols.query import QueryCodec

        return QueryCodec
    if protocol == "ec2":
        from cloudchamber.wire.protocols.ec2 import Ec2Codec

        return Ec2Codec
    if protocol == "rest-json":
        from cloudchamber.wire.protocols.rest_json import RestJsonCodec

        return RestJsonCodec
    if protocol == "rest-xml":
        from cloudchamber.wire.protocols.rest_xml import RestXmlCodec

        return RestXmlCodec
    if protocol == "smithy-rpc-v2-cbor":
        from cloudchamber.wire.protocols.cbor import CborCodec

        return CborCodec
    raise KeyError(protocol)


def codec_for(service: ServiceModel | str, protocol: str) -> Codec:
    """The codec of `service` in `protocol`, one of the service's `protocols`. Kept once made.

    Raises KeyError for a protocol that does not exist, `UnknownServiceError` for such a service.
    """
    return _kept(load_model(service) if isinstance(service, str) else service, protocol)


@lru_cache(maxsize=1024)
def _kept(service: ServiceModel, protocol: str) -> Codec:
    return codec_class(protocol)(service)
