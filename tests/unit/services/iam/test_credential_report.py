"""The credential report: AWS's columns, filled from what is there."""

from __future__ import annotations

import csv
import io
from typing import Any

from cloudchamber import Chamber
from tests.unit.services.iam.documents import ACCOUNT, arn, refusal


def report(iam: Any) -> dict[str, dict[str, str]]:
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    answer = iam.get_credential_report()
    assert answer["ReportFormat"] == "text/csv"
    lines = csv.DictReader(io.StringIO(answer["Content"].decode()))
    return {line["user"]: line for line in lines}


def test_there_is_none_until_it_is_asked_for(iam: Any) -> None:
    assert refusal(iam.get_credential_report)[:2] == ("ReportNotPresent", 410)


def test_each_user_is_a_line(iam: Any, chamber: Any) -> None:
    iam.create_user(UserName="u,v")
    iam.create_login_profile(UserName="u,v", Password="Correct-Horse-9")
    made = [iam.create_access_key(UserName="u,v")["AccessKey"] for _ in range(2)]
    iam.update_access_key(UserName="u,v", AccessKeyId=made[1]["AccessKeyId"], Status="Inactive")
    chamber.client("iam", credentials=made[0]).get_user()
    iam.create_user(UserName="bare")
    iam.update_account_password_policy(MaxPasswordAge=90)
    chamber.advance("1h")
    iam.update_login_profile(UserName="u,v", Password="Correct-Horse-10")
    found = report(iam)
    assert list(found) == ["<root_account>", "bare", "u,v"]
    root = found["<root_account>"]
    assert (root["arn"], root["password_enabled"]) == (arn("root"), "not_supported")
    line = found["u,v"]
    assert line["password_enabled"] == "true"
    changed = iam.get_credential_report()["GeneratedTime"]
    assert line["password_last_changed"] == changed.isoformat()
    assert line["password_next_rotation"] > line["password_last_changed"]
    assert (line["access_key_1_active"], line["access_key_2_active"]) == ("true", "false")
    assert line["access_key_1_last_used_service"] == "iam"
    assert line["access_key_2_last_used_date"] == "N/A"
    assert line["access_key_2_last_rotated"] != "N/A"
    bare = found["bare"]
    assert (bare["password_enabled"], bare["password_last_used"]) == ("false", "N/A")
    assert (bare["mfa_active"], bare["access_key_1_active"]) == ("false", "false")
    assert (bare["cert_1_active"], bare["cert_2_last_rotated"]) == ("false", "N/A")


def test_a_report_holds_for_four_hours(iam: Any, chamber: Any) -> None:
    report(iam)
    iam.create_user(UserName="late")
    chamber.advance("3h")
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert b"late" not in iam.get_credential_report()["Content"]
    chamber.advance("1h")
    assert refusal(iam.get_credential_report)[:2] == ("ReportExpired", 410)
    assert "late" in report(iam)


def test_a_report_takes_time_in_a_realistic_world() -> None:
    with Chamber(seed=1, account=ACCOUNT, lifecycle="realistic") as chamber:
        iam = chamber.client("iam")
        assert iam.generate_credential_report()["State"] == "STARTED"
        assert iam.generate_credential_report()["State"] == "INPROGRESS"
        assert refusal(iam.get_credential_report)[:2] == ("ReportInProgress", 404)
        iam.create_user(UserName="u")
        chamber.advance("2s")
        assert b"u" in iam.get_credential_report()["Content"]
        assert iam.generate_credential_report()["State"] == "COMPLETE"
