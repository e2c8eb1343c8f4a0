"""Parameter Store against a small model: names, versions, labels."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloudchamber import Chamber
from tests.unit.services.ssm.store import ONE

NAMES = st.sampled_from(["/a", "/a/b", "/a/b/c", "flat"])
VALUES = st.sampled_from(["1", "2", "3"])
LABELS = st.sampled_from(["live", "next", "old"])
NUMBERS = st.integers(1, 4)


class Store(RuleBasedStateMachine):
    """The model: name -> values by version number, and name -> version number by label."""

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1, account=ONE)
        self.ssm = self.chamber.client("ssm")
        self.values: dict[str, list[str]] = {}
        self.labels: dict[str, dict[str, int]] = {}

    def teardown(self) -> None:
        self.chamber.close()

    def said(self, call: Any, **request: Any) -> tuple[str, dict[str, Any]]:
        try:
            return "", call(**request)
        except ClientError as error:
            return error.response["Error"]["Code"], {}

    @rule(name=NAMES, value=VALUES, overwrite=st.booleans())
    def put(self, name: str, value: str, overwrite: bool) -> None:
        code, answer = self.said(
            self.ssm.put_parameter, Name=name, Value=value, Type="String", Overwrite=overwrite
        )
        if name in self.values and not overwrite:
            assert code == "ParameterAlreadyExists"
            return
        self.values.setdefault(name, []).append(value)
        self.labels.setdefault(name, {})
        assert answer["Version"] == len(self.values[name])

    @rule(name=NAMES, number=st.one_of(st.none(), NUMBERS), label=LABELS)
    def label(self, name: str, number: int | None, label: str) -> None:
        given = {} if number is None else {"ParameterVersion": number}
        code, answer = self.said(
            self.ssm.label_parameter_version, Name=name, Labels=[label], **given
        )
        if name not in self.values:
            assert code == "ParameterNotFound"
        elif number is not None and number > len(self.values[name]):
            assert code == "ParameterVersionNotFound"
        else:
            self.labels[name][label] = number or len(self.values[name])
            assert answer["ParameterVersion"] == self.labels[name][label]

    @rule(name=NAMES, number=NUMBERS, label=LABELS)
    def unlabel(self, name: str, number: int, label: str) -> None:
        code, answer = self.said(
            self.ssm.unlabel_parameter_version, Name=name, ParameterVersion=number, Labels=[label]
        )
        if name not in self.values:
            assert code == "ParameterNotFound"
        elif number > len(self.values[name]):
            assert code == "ParameterVersionNotFound"
        elif self.labels[name].get(label) == number:
            del self.labels[name][label]
            assert answer["RemovedLabels"] == [label]
        else:
            assert answer["InvalidLabels"] == [label]

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        code, _ = self.said(self.ssm.delete_parameter, Name=name)
        assert code == ("" if name in self.values else "ParameterNotFound")
        self.values.pop(name, None)
        self.labels.pop(name, None)

    @rule(name=NAMES, selector=st.one_of(NUMBERS.map(str), LABELS))
    def select(self, name: str, selector: str) -> None:
        code, answer = self.said(self.ssm.get_parameter, Name=f"{name}:{selector}")
        if name not in self.values:
            assert code == "ParameterNotFound"
            return
        number = int(selector) if selector.isdigit() else self.labels[name].get(selector, 0)
        if 1 <= number <= len(self.values[name]):
            assert answer["Parameter"]["Value"] == self.values[name][number - 1]
        else:
            assert code == "ParameterVersionNotFound"

    @rule()
    def fork(self) -> None:
        other = self.chamber.fork()
        self.chamber.close()
        self.chamber, self.ssm = other, other.client("ssm")

    @invariant()
    def lists_what_is_there(self) -> None:
        shown = self.ssm.describe_parameters()["Parameters"]
        assert {each["Name"]: each["Version"] for each in shown} == {
            name: len(values) for name, values in self.values.items()
        }
        under = self.ssm.get_parameters_by_path(Path="/a", Recursive=True)["Parameters"]
        assert {each["Name"]: each["Value"] for each in under} == {
            name: values[-1] for name, values in self.values.items() if name.startswith("/a/")
        }


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
