"""Inputs that no client should send, made from the models: every member of an operation spoilt.

Rules of this file: it makes requests and judges answers; it sends nothing. A request begins as one
that would work, and then one member of it, at any depth, is of the wrong type, absent, empty, too
long, too large, or no text at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree

import orjson

from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import OperationModel, ServiceModel, load_model
from cloudchamber.wire.model.shapes import Shape

ACCOUNT: Final = "111111111111"
REGION: Final = "eu-west-1"
DEPTH_MAX: Final = 3  # how deep members are spoilt; the codecs' own tests go deeper
POLICY: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"AWS":"111111111111"}}]}'
)
GRANT: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)
USUAL: Final = (
    ("QueueUrl", f"http://localhost:4566/{ACCOUNT}/fuzz"),
    ("ReceiptHandle", "AQEBfuzz"),
    ("SourceArn", f"arn:aws:sqs:{REGION}:{ACCOUNT}:fuzz"),
    ("PolicyArn", f"arn:aws:iam::{ACCOUNT}:policy/fuzz"),
    ("RoleArn", f"arn:aws:iam::{ACCOUNT}:role/fuzz"),
    ("PolicySourceArn", f"arn:aws:iam::{ACCOUNT}:user/fuzz"),
    ("AssumeRolePolicyDocument", POLICY),
    ("PolicyDocument", GRANT),
    ("Policy", GRANT),
    ("PolicyInputList", GRANT),
    ("ActionNames", "sqs:SendMessage"),
    ("Path", "/"),
    ("PermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:policy/fuzz"),
    ("AWSAccountIds", ACCOUNT),
    ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
    ("Url", "https://issuer.example.com"),
    ("VersionId", "v1"),
)
SECRETS: Final = re.compile(
    rb"Traceback|File \"|\b(?:Type|Key|Value|Attribute|Index|Recursion|Overflow|UnicodeDecode|"
    rb"UnicodeEncode|ZeroDivision|Assertion|Memory|Lookup|Runtime|Name)Error\b|msgspec|orjson|"
    rb"NoneType|object at 0x|<class '"
)
CONTROLS: Final = re.compile(rb"&#(?:[0-9]|[12][0-9]|3[01]|6553[45]);")
JSON_SPOILS: Final = (
    *(b"null", b"true", b"0", b"-1", b"1.5", b"1e999", b"9" * 400, b"-9223372036854775809"),
    *(b'""', b'" "', b'"\\u0000"', b'"\\ud800"', b'"\xff"', b'"\xef\xbf\xbf"', b"NaN"),
    *(b"[]", b"{}", b"[[]]", b"[null]", b"[{}]", b'{"":null}', b'{"a":{"a":[]}}', b'[1,"a"]'),
    *(b'"' + b"x" * 3000 + b'"', b'"{"', b'"[[[[]]]]"', b'"' + b"9" * 5000 + b'"'),
    b"[" * 3000 + b"]" * 3000,
)
TEXT_SPOILS: Final = (
    *("", "%20", "%00", "%FF%FE", "%ED%A0%80", "%", "%EF%BF%BF", "null", "-1", "1.5", "1e999"),
    *("NaN", "-9223372036854775809", "9" * 5000, "x" * 3000, "{}", "%5B%5D", "%7B%22a%22%3A1%7D"),
    *("%5B" * 2000, "%D9%A3", "true", "arn:aws:iam::", "arn:::::::::", "../../x", "*", "%0D%0A"),
    '{"Version":"2012-10-17","Statement":"x"}',
    '{"Version":"2012-10-17","Statement":[1]}',
    '{"Statement":{"Effect":"Allow","Action":[[]],"Resource":{"a":1}}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":[]}}}',
    '{"Statement":{"Effect":"Allow","Principal":{"AWS":{}},"Action":"*"}}',
)
TAILS: Final = (".1", ".member.1", ".member.0", ".member." + "9" * 40, ".entry.1.key", ".")


def service_of(name: str) -> ServiceModel:
    """The model of a service."""
    return load_model(name)


def _usual(name: str, shape: Shape) -> Any:
    """A value that would do for a scalar of this name."""
    kind = shape.type
    if kind in ("integer", "long"):
        return max(1, int(shape.min or 1))
    if kind in ("float", "double"):
        return 1.5
    if kind == "boolean":
        return False
    if kind == "timestamp":
        return 1_700_000_000
    if kind == "blob":
        return "aGk="
    if shape.enum:
        return shape.enum[0]
    found = dict(USUAL).get(name, "fuzz")
    return found.ljust(int(shape.min or 0), "x")


def usual(model: ServiceModel, shape: Shape, name: str = "", depth: int = 0) -> Any:
    """An input that is whole: its required members, and at the top all of them."""
    if shape.type == "structure":
        chosen = [
            member for member in shape.members if member in shape.required or depth < DEPTH_MAX - 1
        ]
        return {
            member: usual(model, model.resolve(shape.members[member]), member, depth + 1)
            for member in chosen
        }
    if shape.type == "list":
        return [usual(model, model.resolve(shape.element()), name, depth + 1)]
    if shape.type == "map":
        key, value = (model.resolve(ref) for ref in shape.entry())
        return {str(_usual("", key)): usual(model, value, "", depth + 1)}
    return _usual(name, shape)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value, the nearest first."""
    if here:
        yield here
    if len(here) >= DEPTH_MAX + 1:
        return
    if isinstance(value, dict):
        for key, found in value.items():
            yield from paths(found, (*here, key))
    elif isinstance(value, list):
        for index, found in enumerate(value):
            yield from paths(found, (*here, index))


def json_bytes(value: Any, spoilt: tuple[Any, ...], with_: bytes | None) -> bytes:
    """JSON whose place `spoilt` holds these very bytes; left out when there are none."""
    if not spoilt:
        return with_ if with_ is not None else b"null"
    first, rest = spoilt[0], spoilt[1:]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    written = []
    for key, found in items:
        if key != first:
            text = orjson.dumps(found)
        elif not rest and with_ is None:
            continue
        else:
            text = json_bytes(found, rest, with_)
        written.append(text if isinstance(value, list) else orjson.dumps(key) + b":" + text)
    inside = b",".join(written)
    return b"[" + inside + b"]" if isinstance(value, list) else b"{" + inside + b"}"


def fields(model: ServiceModel, shape: Shape, value: Any, prefix: str = "") -> list[list[str]]:
    """A value as form fields, as the query protocols write it: [name, percent-encoded value]."""
    is_ec2 = model.protocols[0] == "ec2"
    if isinstance(value, dict) and shape.type == "structure":
        found = []
        for member, inner in value.items():
            ref = shape.members[member]
            name = ref.location_name or member
            if is_ec2:
                name = ref.query_name or name[:1].upper() + name[1:]
            child = model.resolve(ref)
            found += fields(model, child, inner, f"{prefix}.{name}" if prefix else name)
        return found
    if isinstance(value, list):
        flat = is_ec2 or shape.flattened
        child = model.resolve(shape.element())
        if flat and child.location_name and not is_ec2:
            prefix = ".".join([*prefix.split(".")[:-1], child.location_name])
        name = f"{prefix}.1" if flat else f"{prefix}.member.1"
        return [field for inner in value for field in fields(model, child, inner, name)]
    if isinstance(value, dict):
        (key, inner), *_ = value.items()
        keys, values = (model.resolve(ref) for ref in shape.entry())
        entry = f"{prefix}.1" if shape.flattened else f"{prefix}.entry.1"
        inner_fields = fields(model, values, inner, f"{entry}.{values.location_name or 'value'}")
        return [[f"{entry}.{keys.location_name or 'key'}", quote(key)], *inner_fields]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return [[prefix, quote(text, safe="")]]


def head(service: str, content_type: str) -> dict[str, str]:
    """The headers of a request that a client signed (nobody here checks the signature)."""
    scope = f"{ACCOUNT}/20260101/{REGION}/{service}/aws4_request"
    return {
        "host": "localhost:4566",
        "content-type": content_type,
        "x-amz-date": "20260101T000000Z",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00",
    }


def json_request(service: str, target: str, body: bytes) -> Request:
    """A request of the JSON protocol."""
    headers = {**head(service, "application/x-amz-json-1.0"), "x-amz-target": target}
    return Request("POST", "/", "", headers, body)


def form_request(service: str, body: bytes) -> Request:
    """A request of the query protocols."""
    return Request("POST", "/", "", head(service, "application/x-www-form-urlencoded"), body)


def variants(model: ServiceModel, operation: OperationModel) -> Iterator[tuple[str, Any]]:
    """(member, an input of the required members and that one), so that no other stands before it.

    The first has every member, and names none.
    """
    shape = operation.input_shape
    whole = usual(model, shape) if shape else {}
    yield "", whole
    for member in whole:
        yield (
            member,
            {
                name: found
                for name, found in whole.items()
                if name == member or (shape and name in shape.required)
            },
        )


def spoilt_json(model: ServiceModel, operation: OperationModel) -> Iterator[Request]:
    """The operation with each member in turn replaced by each spoil, or left out."""
    target = f"{model.metadata.target_prefix}.{operation.name}"
    for member, value in variants(model, operation):
        yield json_request(model.name, target, orjson.dumps(value))
        for place in paths(value):
            if place[0] == member:
                for spoil in (None, *JSON_SPOILS):
                    yield json_request(model.name, target, json_bytes(value, place, spoil))


def spoilt_forms(model: ServiceModel, operation: OperationModel) -> Iterator[Request]:
    """The operation with each field in turn replaced by each spoil, left out, split or doubled."""
    shape = operation.input_shape
    fixed = f"Action={operation.name}&Version={model.metadata.api_version}"

    def request(changed: list[list[str]]) -> Request:
        text = "&".join([fixed, *("=".join(field) for field in changed)])
        return form_request(model.name, text.encode())

    for member, value in variants(model, operation):
        whole = fields(model, shape, value) if shape else []
        yield request(whole)
        spoilt = fields(model, shape, {member: value[member]}) if shape and member else []
        for field in spoilt:
            others = [found for found in whole if found != field]
            name, text = field
            yield request(others)
            for spoil in TEXT_SPOILS:
                yield request([*others, [name, spoil]])
            for tail in TAILS:
                yield request([*others, [name + tail, text]])
                yield request([*whole, [name + tail, text]])
            yield request([*whole, [name, "other"]])


def fault_of(request: Request, response: Response | None) -> str:
    """What is wrong with an answer; empty when it is AWS's own kind."""
    if response is None:
        return ""  # it waits for what nobody does
    body = response.body
    told = SECRETS.search(body)
    if told:
        return f"gives away {told.group()!r}: {body[:300]!r}"
    if response.status < 400:
        return ""
    if response.status >= 500 and response.status not in (501, 503, 505):
        return f"answers {response.status}: {body[:300]!r}"
    kind = response.headers.get("content-type", "")
    try:
        code, message = _code_and_message(kind, body)
    except (ValueError, KeyError, ElementTree.ParseError) as error:
        return f"is no error of AWS's ({type(error).__name__}), {kind}: {body[:300]!r}"
    if not code or message is None:
        return f"has no code or no message: {body[:300]!r}"
    if "json" in kind and "form" in request.headers.get("content-type", ""):
        return f"answers a form with JSON: {body[:300]!r}"
    return ""


def _code_and_message(kind: str, body: bytes) -> tuple[str, str | None]:
    if "json" in kind:
        said = orjson.loads(body)
        if said["__type"].endswith("UnknownOperationException") and len(said) == 1:
            return said["__type"], ""  # AWS has no message for this one
        return said["__type"], said.get("message", said.get("Message"))
    # AWS echoes a control as a reference to it, which its own clients' parsers accept or not.
    tree = ElementTree.fromstring(CONTROLS.sub(b"?", body))
    names = {element.tag.rpartition("}")[2]: element.text or "" for element in tree.iter()}
    return names["Code"], names.get("Message")
