"""The life of instances against a small model: any calls, in any order, at any time."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from cloudchamber.services.ec2.instances.nouns import INSTANCES, POOLS, USAGE
from cloudchamber.services.ec2.instances.public_images import parameters
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import LINUX, ONE, REGION

BOOT_S, STOP_S, END_S = 20, 30, 30
STANDS = frozenset({"pending", "running", "stopping", "shutting-down"})


class Lives(RuleBasedStateMachine):
    """The chamber keeps realistic time; the model knows when each state ends."""

    instances = Bundle("instances")

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1, lifecycle="realistic", clock="manual")
        self.ec2: Any = self.chamber.client("ec2", region_name=REGION, account=ONE)
        self.now = 0
        self.model: dict[str, tuple[str, int]] = {}  # state, and when it ends (0: never)

    def teardown(self) -> None:
        self.chamber.close()

    @rule(target=instances, public=st.booleans())
    def launch(self, public: bool) -> str:
        made = self.ec2.run_instances(
            ImageId=parameters(REGION)[LINUX], MinCount=1, MaxCount=1, InstanceType="t3.micro",
            NetworkInterfaces=[{"DeviceIndex": 0, "AssociatePublicIpAddress": public}],
        )["Instances"][0]  # fmt: skip
        identifier: str = made["InstanceId"]
        self.model[identifier] = ("pending", self.now + BOOT_S)
        return identifier

    def tries(self, call: Any, identifier: str, moves: dict[str, tuple[str, int]]) -> None:
        """A call moves the states of `moves`, and is refused in others."""
        state, _ = self.model[identifier]
        if state == "forgotten":
            expected = "InvalidInstanceID.NotFound"
        else:
            expected = "" if state in moves else "IncorrectInstanceState"
        try:
            call(InstanceIds=[identifier])
            code = ""
        except ClientError as error:
            code = error.response["Error"]["Code"]
        assert code == expected, (state, code)
        if not expected:
            after, lasts = moves[state]
            if after != state:
                self.model[identifier] = (after, self.now + lasts if lasts else 0)

    @rule(identifier=instances)
    def start(self, identifier: str) -> None:
        self.tries(
            self.ec2.start_instances,
            identifier,
            {
                "stopped": ("pending", BOOT_S),
                "pending": ("pending", 0),
                "running": ("running", 0),
            },
        )

    @rule(identifier=instances)
    def stop(self, identifier: str) -> None:
        self.tries(
            self.ec2.stop_instances,
            identifier,
            {
                "running": ("stopping", STOP_S),
                "stopping": ("stopping", 0),
                "stopped": ("stopped", 0),
            },
        )

    @rule(identifier=instances)
    def terminate(self, identifier: str) -> None:
        ends = ("shutting-down", END_S)
        self.tries(
            self.ec2.terminate_instances,
            identifier,
            {
                "pending": ends,
                "running": ends,
                "stopping": ends,
                "stopped": ("terminated", 3600),
                "shutting-down": ("shutting-down", 0),
                "terminated": ("terminated", 0),
            },
        )

    @rule(identifier=instances)
    def reboot(self, identifier: str) -> None:
        self.tries(
            self.ec2.reboot_instances,
            identifier,
            {"running": ("running", 0), "pending": ("pending", 0)},
        )

    @rule(seconds=st.sampled_from([1, 10, 20, 30, 60, 3600]))
    def wait(self, seconds: int) -> None:
        self.chamber.advance(seconds)
        self.now += seconds
        after = {
            "pending": ("running", 0),
            "stopping": ("stopped", 0),
            "shutting-down": ("terminated", 3600),
            "terminated": ("forgotten", 0),
        }
        for identifier, (state, ends) in list(self.model.items()):
            while ends and ends <= self.now:
                state, lasts = after[state]
                ends = ends + lasts if lasts else 0
            self.model[identifier] = (state, ends)

    @invariant()
    def states_are_as_the_model_says(self) -> None:
        rows = self.chamber.cloud.store.rows(INSTANCES, ONE, REGION)
        seen = {identifier: row.state for identifier, row in rows.items()}
        assert seen == {
            identifier: state
            for identifier, (state, _) in self.model.items()
            if state != "forgotten"
        }

    @invariant()
    def what_stands_has_a_host_and_what_is_gone_has_nothing(self) -> None:
        store = self.chamber.cloud.store
        rows = store.rows(INSTANCES, ONE, REGION)
        standing = sum(row.state in STANDS for row in rows.values())
        for row in rows.values():
            assert (row.host >= 0) == (row.state in STANDS)
            assert bool(row.interfaces) == (row.state != "terminated")
        taken = sum(pool.taken for pool in store.rows(POOLS, "", "").values())
        assert taken == standing
        usage = store.rows(USAGE, ONE, REGION).get("vcpus")
        assert (usage.vcpus.get("standard", 0) if usage else 0) == 2 * standing


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
