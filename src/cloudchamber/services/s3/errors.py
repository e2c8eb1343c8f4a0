"""What S3 answers instead of a result, in its own codes and words.

Rules of this file: functions that make errors; none is raised here. `Key`, `BucketName` and their
like are extra elements of S3's `<Error>`, as its clients print them.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from typing import Final

from cloudchamber.cloud.errors import AwsError

# What no XML can hold, not even written as a reference.
_UNSAYABLE: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DENIED: Final = "Access Denied"


def sayable(text: str) -> str:
    """A key as an error can show it."""
    return _UNSAYABLE.sub("\ufffd", text)


def no_such_bucket(name: str) -> AwsError:
    """404: there is no such bucket anywhere."""
    message = "The specified bucket does not exist"
    return AwsError("NoSuchBucket", message, 404, BucketName=name)


def no_such_key(key: str) -> AwsError:
    """404: the key has no version, or is deleted."""
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=sayable(key))


def no_such_version(key: str, version_id: str) -> AwsError:
    """404: the key has no version of that id."""
    message = "The specified version does not exist."
    return AwsError("NoSuchVersion", message, 404, Key=sayable(key), VersionId=version_id)


def bad_version_id(version_id: str) -> AwsError:
    """400: what was given cannot be a version id."""
    return invalid_argument("Invalid version id specified", "versionId", version_id)


def no_such_upload(upload_id: str) -> AwsError:
    """404: the upload was never begun, or is over."""
    message = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed."
    )
    return AwsError("NoSuchUpload", message, 404, UploadId=upload_id)


def access_denied(message: str = DENIED) -> AwsError:
    """403, for reasons that no policy gives."""
    return AwsError("AccessDenied", message, 403)


def invalid_argument(message: str, name: str, value: str) -> AwsError:
    """400: one argument is not what it may be."""
    return AwsError("InvalidArgument", message, 400, ArgumentName=name, ArgumentValue=value)


def invalid_request(message: str) -> AwsError:
    """400: what was asked makes no sense together."""
    return AwsError("InvalidRequest", message, 400)


def malformed_xml() -> AwsError:
    """400: the body is XML, but not of this operation."""
    message = (
        "The XML you provided was not well-formed or did not validate against our published schema"
    )
    return AwsError("MalformedXML", message, 400)


def missing_body() -> AwsError:
    """400: a configuration was to be put, and none came."""
    return AwsError("MissingRequestBodyError", "Request Body is empty", 400)


def not_implemented(header: str) -> AwsError:
    """501 as S3 says it of a header it does not take here."""
    message = "A header you provided implies functionality that is not implemented"
    return AwsError("NotImplemented", message, 501, Header=header)


def precondition_failed(condition: str) -> AwsError:
    """412: a condition that the client named does not hold."""
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, Condition=condition)


def method_not_allowed(method: str, resource: str) -> AwsError:
    """405: what is there is a delete marker."""
    message = "The specified method is not allowed against this resource."
    return AwsError("MethodNotAllowed", message, 405, Method=method, ResourceType=resource)


def invalid_object_state(storage_class: str) -> AwsError:
    """403: the version is archived, and no restored copy is at hand."""
    message = "The operation is not valid for the object's storage class"
    return AwsError("InvalidObjectState", message, 403, StorageClass=storage_class)


def bucket_already_exists(name: str) -> AwsError:
    """409: somebody else has that name."""
    message = (
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again."
    )
    return AwsError("BucketAlreadyExists", message, 409, BucketName=name)


def bucket_already_yours(name: str) -> AwsError:
    """409: you have it already (us-east-1 answers 200 instead)."""
    message = "Your previous request to create the named bucket succeeded and you already own it."
    return AwsError("BucketAlreadyOwnedByYou", message, 409, BucketName=name)


def entity_too_large(size: int, most: int) -> AwsError:
    """400: more bytes than one request may put."""
    message = "Your proposed upload exceeds the maximum allowed size"
    return AwsError("EntityTooLarge", message, 400, ProposedSize=size, MaxSizeAllowed=most)


def invalid_range(asked: str, size: int) -> AwsError:
    """416: the range begins after the end."""
    message = "The requested range is not satisfiable"
    return AwsError("InvalidRange", message, 416, RangeRequested=asked, ActualObjectSize=size)
