"""The credential report: one line of CSV for the root user and for each user.

Rules of this file: the report is made from what is there when it is ready, and kept as it was. One
is made at most every four hours, as AWS's guide says; an older one has expired.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam.lifecycle import REPORT_LIFE
from cloudchamber.services.iam.mfa_devices import devices_of
from cloudchamber.services.iam.nouns import ACCESS_KEYS, PASSWORD_POLICIES, ROOT_KEYS, USERS, User
from cloudchamber.services.iam.proofs import REPORTS, CredentialReport, UserCredential
from cloudchamber.services.iam.user_credentials import CERTIFICATE, credentials_of
from cloudchamber.services.iam.views import seconds

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

REPORT_READY: Final = "iam.report-ready"
HOLDS_NS: Final = 4 * HOUR_NS
_ROW: Final = "report"
_GONE: Final = 410
_KEYS: Final = 2
_NONE: Final = "N/A"
_KEY_COLUMNS: Final = ("active", "last_rotated", "last_used_date", "last_used_region")
COLUMNS: Final = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(
        f"access_key_{number}_{column}"
        for number in (1, 2)
        for column in (*_KEY_COLUMNS, "last_used_service")
    ),
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)


def generate_credential_report(call: Call, request: Input) -> Output:
    """GenerateCredentialReport: begins one unless there is one that holds."""
    found = call.rows(REPORTS).get(_ROW)
    if found is not None and call.now - found.started_ns < HOLDS_NS:
        return {"State": "COMPLETE" if found.content else "INPROGRESS"}
    delay_ns = REPORT_LIFE.delay_ns(call.cloud.settings.lifecycle, REPORT_LIFE.initial)
    report = CredentialReport(call.now, call.now + delay_ns)
    call.rows(REPORTS)[_ROW] = report
    if delay_ns:
        call.after(delay_ns, REPORT_READY)
    else:
        report.content = _content(call)
    return {
        "State": REPORT_LIFE.initial,
        "Description": "No report exists. Starting a new report generation task",
    }


def report_ready(call: Call) -> None:
    """The report is done: it tells what is there at this instant."""
    report = call.rows(REPORTS)[_ROW]
    report.content = _content(call)
    about = call.arn("root", region="")
    call.event(about, REPORT_READY, f"the credential report of {call.account} is ready")


def get_credential_report(call: Call, request: Input) -> Output:
    """GetCredentialReport: the latest, while it holds."""
    found = call.rows(REPORTS).get(_ROW)
    if found is None:
        raise AwsError("ReportNotPresent", "No report exists.", _GONE)
    if not found.content:
        raise AwsError("ReportInProgress", "Report is still being generated.", 404)
    if call.now - found.started_ns >= HOLDS_NS:
        raise AwsError("ReportExpired", "The most recent credential report has expired.", _GONE)
    return {
        "Content": found.content,
        "ReportFormat": "text/csv",
        "GeneratedTime": seconds(found.ready_ns),
    }


def _content(call: Call) -> bytes:
    lines = [COLUMNS, _root_line(call)]
    lines.extend(_user_line(call, user) for user in call.rows(USERS).values())
    # Names and ARNs hold no comma that would need quotes but in a user's name.
    return "\n".join(",".join(map(_cell, line)) for line in lines).encode()


def _cell(text: str) -> str:
    return f'"{text}"' if "," in text else text


def _root_line(call: Call) -> tuple[str, ...]:
    keys = call.rows(ROOT_KEYS).get("root")
    return (
        "<root_account>",
        call.arn("root", region=""),
        _iso(call.cloud.settings.start_ns),
        "not_supported",
        "no_information",
        "not_supported",
        "not_supported",
        "false",
        *_key_cells(call, keys.access_keys if keys is not None else ()),
        *_certificate_cells(()),
    )


def _user_line(call: Call, user: User) -> tuple[str, ...]:
    return (
        user.name,
        user.arn,
        _iso(user.created_ns),
        *_password_cells(call, user),
        _flag(bool(devices_of(call, user.id))),
        *_key_cells(call, user.access_keys),
        *_certificate_cells(credentials_of(call, user, CERTIFICATE)),
    )


def _password_cells(call: Call, user: User) -> tuple[str, ...]:
    login = user.login
    if login is None:
        return ("false", _NONE, _NONE, _NONE)
    changed_ns = login.changed_ns or login.created_ns
    rules = call.rows(PASSWORD_POLICIES).get("policy")
    days = rules.max_age_days if rules is not None else 0
    # Nobody signs in here, so that no password is ever used.
    rotation = _iso(changed_ns + days * DAY_NS) if days else _NONE
    return ("true", "no_information", _iso(changed_ns), rotation)


def _key_cells(call: Call, ids: Sequence[str]) -> tuple[str, ...]:
    cells: list[str] = []
    rows = call.rows(ACCESS_KEYS)
    for number in range(_KEYS):
        if number >= len(ids):
            cells += ["false", _NONE, _NONE, _NONE, _NONE]
            continue
        key = rows[ids[number]]
        used = _iso(key.used_ns) if key.used_ns is not None else _NONE
        cells += [_flag(key.is_active), _iso(key.created_ns), used]
        cells += [key.used_region or _NONE, key.used_service or _NONE]
    return tuple(cells)


def _certificate_cells(rows: Sequence[UserCredential]) -> tuple[str, ...]:
    cells = [(_flag(row.status == "Active"), _iso(row.made_ns)) for row in rows]
    cells += [("false", _NONE)] * (_KEYS - len(cells))
    return (*cells[0], *cells[1])


def _flag(is_so: bool) -> str:
    return "true" if is_so else "false"


def _iso(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns // SECOND_NS, UTC).isoformat()
