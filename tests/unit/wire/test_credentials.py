"""Credentials as clients present them, and AWS's words for those that cannot be read."""

from __future__ import annotations

import pytest

from cloudchamber.wire.credentials import find_scope_service, parse_credential, spell_for
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.scopes import Credential

SIGNATURE = "a" * 64
HEADER = (
    "AWS4-HMAC-SHA256 Credential=AKID/20261103/eu-west-1/sqs/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={SIGNATURE}"
)
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKID%2F20261103%2Feu-west-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20261103T101112Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host%3Bx-amz-acl"
    f"&X-Amz-Security-Token=tok%2Ben&X-Amz-Signature={SIGNATURE}"
)


def request(authorization: str | None = None, query: str = "", **headers: str) -> Request:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    if authorization is not None:
        found["authorization"] = authorization
        found.setdefault("x-amz-date", "20261103T101112Z")
    return Request("GET", "/", query, found)


def expect(found: Credential | None) -> Credential:
    assert found is not None
    return found


def test_a_signed_header() -> None:
    found = expect(parse_credential(request(HEADER, x_amz_security_token="token")))
    assert found == Credential(
        algorithm="AWS4-HMAC-SHA256",
        access_key="AKID",
        date="20261103",
        region="eu-west-1",
        service="sqs",
        scope="20261103/eu-west-1/sqs/aws4_request",
        signed_headers=("host", "x-amz-date"),
        signature=SIGNATURE,
        amz_date="20261103T101112Z",
        token="token",
    )


@pytest.mark.parametrize(
    "spelling",
    [
        HEADER.replace(", ", ","),
        HEADER.replace(", ", "  ,   "),
        HEADER.replace(", ", " "),
        (
            "AWS4-HMAC-SHA256 "
            f"Signature={SIGNATURE}, SignedHeaders=Host;X-Amz-Date, "
            "Credential=AKID/20261103/eu-west-1/sqs/aws4_request"
        ),
    ],
)
def test_parameters_in_any_order_and_spacing(spelling: str) -> None:
    assert parse_credential(request(spelling)) == parse_credential(request(HEADER))


def test_a_date_header_stands_in_for_the_amz_date() -> None:
    date = "Tue, 03 Nov 2026 10:11:12 GMT"
    found = Request("GET", "/", "", {"authorization": HEADER, "date": date})
    assert expect(parse_credential(found)).amz_date == date


def test_the_asymmetric_signature_has_regions_in_a_header() -> None:
    header = HEADER.replace("HMAC-SHA256", "ECDSA-P256-SHA256").replace("eu-west-1/", "")
    found = expect(parse_credential(request(header, x_amz_region_set="us-east-1,eu-*")))
    assert (found.service, found.region) == ("sqs", "us-east-1,eu-*")
    assert found.scope == "20261103/sqs/aws4_request"


def test_a_presigned_url() -> None:
    found = expect(parse_credential(request(query="prefix=a&" + PRESIGNED)))
    assert (found.access_key, found.region, found.service) == ("AKID", "eu-west-1", "s3")
    assert (found.presigned, found.expires_s, found.token) == (True, 3600, "tok+en")
    assert found.signed_headers == ("host", "x-amz-acl")


def test_the_old_signatures() -> None:
    header = expect(parse_credential(request("AWS AKID:c2lnbmF0dXJl=")))
    assert (header.algorithm, header.access_key, header.service) == ("AWS", "AKID", "s3")
    query = "AWSAccessKeyId=AKID&Signature=c2ln%3D&Expires=1"
    presigned = expect(parse_credential(request(query=query)))
    assert (presigned.signature, presigned.presigned) == ("c2ln=", True)
    form = Request(
        "POST",
        "/",
        "",
        {"content-type": "application/x-www-form-urlencoded"},
        b"Action=Select&AWSAccessKeyId=AKID&SignatureMethod=HmacSHA256&Signature=c2ln",
    )
    assert expect(parse_credential(form)).algorithm == "HmacSHA256"


@pytest.mark.parametrize(
    "unsigned",
    [request(), request("Bearer token"), request("Basic dXNlcg=="), request(query="a=b")],
)
def test_what_is_not_signed_has_no_credential(unsigned: Request) -> None:
    assert parse_credential(unsigned) is None
    assert find_scope_service(unsigned) is None


@pytest.mark.parametrize(
    ("authorization", "code", "message"),
    [
        (
            "AWS4-HMAC-SHA256 x",
            "IncompleteSignature",
            (
                "'x' not a valid key=value pair (missing equal-sign) in Authorization header: "
                "'AWS4-HMAC-SHA256 x'."
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Foo=bar",
            "IncompleteSignature",
            (
                "Authorization header requires 'Credential' parameter. "
                "Authorization header requires 'Signature' parameter. "
                "Authorization header requires 'SignedHeaders' parameter. "
                "Authorization=AWS4-HMAC-SHA256 Foo=bar"
            ),
        ),
        (
            HEADER.replace("/eu-west-1", ""),
            "IncompleteSignature",
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. "
                "keyid/date/region/service/term, got 'AKID/20261103/sqs/aws4_request'"
            ),
        ),
        (
            HEADER.replace("aws4_request", "aws5_request"),
            "SignatureDoesNotMatch",
            (
                "Credential should be scoped with a valid terminator: 'aws4_request', "
                "not 'aws5_request'."
            ),
        ),
        (
            HEADER.replace("HMAC-SHA256", "HMAC-SHA1"),
            "IncompleteSignature",
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.",
        ),
        (
            HEADER.replace("eu-west-1/sqs", "s3"),
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the Credential is mal-formed; expecting "
                '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        ),
        (
            "AWS AKID",
            "InvalidArgument",
            "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
        ),
    ],
)
def test_a_malformed_header_is_refused_in_aws_words(
    authorization: str, code: str, message: str
) -> None:
    with pytest.raises(WireError) as caught:
        parse_credential(request(authorization))
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_signature_without_a_date_is_incomplete() -> None:
    with pytest.raises(WireError, match="existence of either a 'X-Amz-Date' or a 'Date' header"):
        parse_credential(Request("GET", "/", "", {"authorization": HEADER}))


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=a&X-Amz-Date=b",
            "IncompleteSignature",
            (
                "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string "
                "parameters must include 'X-Amz-SignedHeaders'. "
                "Re-examine the query-string parameters."
            ),
        ),
        (
            PRESIGNED.replace("X-Amz-Date", "X-Amz-Time"),
            "AuthorizationQueryParametersError",
            (
                "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                "X-Amz-Expires parameters."
            ),
        ),
        (
            PRESIGNED.replace("Expires=3600", "Expires=604801"),
            "AuthorizationQueryParametersError",
            (
                "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                "X-Amz-Expires must be less than 604800 seconds"
            ),
        ),
        (
            PRESIGNED.replace("Expires=3600", "Expires=-1"),
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be non-negative",
        ),
        (
            PRESIGNED.replace("Expires=3600", "Expires=1e3"),
            "AuthorizationQueryParametersError",
            "X-Amz-Expires should be a number",
        ),
        (
            PRESIGNED.replace("HMAC-SHA256", "HMAC-MD5"),
            "AuthorizationQueryParametersError",
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
        ),
        (
            PRESIGNED.replace("eu-west-1%2F", ""),
            "AuthorizationQueryParametersError",
            (
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
                "expecting "
                '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        ),
        (
            "AWSAccessKeyId=AKID&Expires=1",
            "AccessDenied",
            (
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
                "parameters"
            ),
        ),
    ],
)
def test_a_malformed_url_is_refused_in_aws_words(query: str, code: str, message: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_credential(request(query=query))
    assert (caught.value.code, caught.value.message) == (code, message)


def test_other_services_do_not_insist_on_an_expiry() -> None:
    query = PRESIGNED.replace("%2Fs3", "%2Fsts").replace("&X-Amz-Expires=3600", "")
    assert expect(parse_credential(request(query=query))).expires_s is None


def test_what_comes_back_is_short() -> None:
    with pytest.raises(WireError) as caught:
        parse_credential(request("AWS4-HMAC-SHA256 " + "x" * 100_000))
    assert len(caught.value.message) < 2000


def test_each_protocol_spells_the_codes_its_own_way() -> None:
    error = WireError("SignatureDoesNotMatch", "no", 403, {"a": "b"})
    assert spell_for(error, "query") is error
    assert spell_for(error, "rest-xml") is error
    json = spell_for(error, "json")
    assert (json.code, json.status, json.fields) == ("InvalidSignatureException", 400, {"a": "b"})
    assert spell_for(error, "rest-json").status == 403
    other = WireError("AccessDenied", "no", 403)
    assert spell_for(other, "json") is other


def test_the_service_is_found_without_reading_the_rest() -> None:
    assert find_scope_service(request(HEADER)) == "sqs"
    assert find_scope_service(request(query=PRESIGNED)) == "s3"
    assert find_scope_service(request("AWS AKID:sig")) == "s3"
    assert find_scope_service(request(query="AWSAccessKeyId=A&Signature=b")) == "s3"
    assert find_scope_service(request("AWS4-HMAC-SHA256 nonsense")) is None
    assert find_scope_service(request(query="X-Amz-Credential=nonsense")) is None
