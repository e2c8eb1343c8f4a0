"""Function URLs: made, shown, changed and taken away.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from __future__ import annotations

from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.locations import site_url
from cloudchamber.services.lambda_.names import Target, expect_function, paged, shown_time
from cloudchamber.services.lambda_.names import target_of as read_target
from cloudchamber.services.lambda_.nouns import LATEST, URLS, Function, Place, Url

SITE = "lambda-url"
_MAX_AGE_S = 86_400


def context_of_url(call: Call, request: Input) -> dict[str, tuple[str, ...]]:
    """Condition key lambda:FunctionUrlAuthType of an operation on a URL."""
    auth = request.get("AuthType")
    return {"lambda:FunctionUrlAuthType": (auth,)} if auth else {}


def _target(call: Call, request: Input) -> tuple[Function, Target]:
    target = read_target(call, request)
    function = expect_function(call, target)
    if target.qualifier == LATEST or target.qualifier.isdigit():
        raise refusals.invalid("Function URLs are for functions and aliases, not for versions.")
    if target.qualifier and target.qualifier not in function.aliases:
        raise refusals.no_function(target.arn)
    return function, target


def _expect(call: Call, request: Input) -> tuple[Function, Target, Url]:
    function, target = _target(call, request)
    url = function.urls.get(target.qualifier)
    if url is None:
        raise refusals.not_found("The resource you requested does not exist.")
    return function, target, url


def create_function_url_config(call: Call, request: Input) -> Output:
    """A URL for a function or an alias."""
    function, target = _target(call, request)
    if target.qualifier in function.urls:
        raise refusals.conflict(
            "Failed to create function url config for [functionArn = "
            f"{target.arn}]. Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    cors = _cors(request.get("Cors", {}))
    id_ = call.stream(target.arn, "url").alnum(32).lower()
    url = function.urls[target.qualifier] = Url(
        id=id_,
        auth=request["AuthType"],
        mode=request.get("InvokeMode", "BUFFERED"),
        cors=cors,
        created_ns=call.now,
        modified_ns=call.now,
    )
    call.rows(URLS)[id_] = Place(function.account, function.region, function.name, target.qualifier)
    output = _shown(call, target, url)
    output.pop("LastModifiedTime")
    return output


def get_function_url_config(call: Call, request: Input) -> Output:
    """The URL of a function or an alias."""
    _, target, url = _expect(call, request)
    return _shown(call, target, url)


def update_function_url_config(call: Call, request: Input) -> Output:
    """Change who may use a URL and how."""
    _, target, url = _expect(call, request)
    cors = _cors(request["Cors"]) if "Cors" in request else url.cors
    url.cors = cors
    url.auth = request.get("AuthType", url.auth)
    url.mode = request.get("InvokeMode", url.mode)
    url.modified_ns = call.now
    return _shown(call, target, url)


def delete_function_url_config(call: Call, request: Input) -> Output:
    """Take a URL away; it is never given again."""
    function, target, url = _expect(call, request)
    del function.urls[target.qualifier]
    call.rows(URLS).pop(url.id, None)
    return {}


def list_function_url_configs(call: Call, request: Input) -> Output:
    """All URLs of a function, by qualifier."""
    target = read_target(call, request)
    function = expect_function(call, target)
    found = sorted(function.urls.items())
    chosen, marker = paged(call, found, request, lambda pair: f"q{pair[0]}")
    shown = [_shown(call, target._replace(qualifier=name), url) for name, url in chosen]
    return {"FunctionUrlConfigs": shown, **({"NextMarker": marker} if marker else {})}


def _cors(asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("AllowCredentials") and "*" in asked.get("AllowOrigins", ()):
        raise refusals.invalid("AllowCredentials cannot be true when AllowOrigins is a wildcard.")
    if asked.get("MaxAge", 0) > _MAX_AGE_S:
        raise refusals.invalid(f"MaxAge must be at most {_MAX_AGE_S}.")
    return dict(asked)


def _shown(call: Call, target: Target, url: Url) -> Output:
    output: Output = {
        "FunctionUrl": site_url(call, url.id, SITE),
        "FunctionArn": target.arn,
        "AuthType": url.auth,
        "CreationTime": shown_time(url.created_ns),
        "LastModifiedTime": shown_time(url.modified_ns),
        "InvokeMode": url.mode,
    }
    if url.cors:
        output["Cors"] = url.cors
    return output
