"""A food delivery: three services in a service network, called from VPCs of two accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.wire.http import Request, Response
from tests.unit.services.lambda_.crew import Crew, Order, Outcome, archive, outcome

OWNER, OTHER = "111111111111", "222222222222"
REGION = "eu-west-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def says(order: Order) -> Outcome:
    """What a function answers: its name, and the path it was asked for."""
    event = json.loads(order["payload"])
    body = f"{order['function_arn'].split(':')[6]} {event.get('path') or event['raw_path']}"
    return outcome({"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": body})


class Estate:
    """A service network `shop` with a service `payment` that a function answers."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.crew = Crew(chamber)
        self.lattice = self.of("vpc-lattice")
        self.network = self.lattice.create_service_network(name="shop")["id"]
        self.vpc = self.of("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.function("payment")
        self.service = self.serve("payment")

    def of(self, service: str, account: str = OWNER) -> Any:
        return self.chamber.client(service, region_name=REGION, account=account)

    def function(self, name: str) -> str:
        iam = self.of("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        made = self.of("lambda").create_function(
            FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=role["Arn"],
            Code={"ZipFile": archive()},
        )  # fmt: skip
        self.of("lambda").add_permission(
            FunctionName=name, StatementId="lattice", Action="lambda:InvokeFunction",
            Principal="vpc-lattice.amazonaws.com",
        )  # fmt: skip
        self.crew.answers[name] = says
        arn: str = made["FunctionArn"]
        return arn

    def group(self, name: str, version: str = "V2") -> str:
        made = self.lattice.create_target_group(
            name=f"tgt-{name}", type="LAMBDA", config={"lambdaEventStructureVersion": version}
        )
        arn = f"arn:aws:lambda:{REGION}:{OWNER}:function:{name}"
        told = self.lattice.register_targets(
            targetGroupIdentifier=made["id"], targets=[{"id": arn}]
        )
        assert not told["unsuccessful"], told
        identifier: str = made["id"]
        return identifier

    def serve(self, name: str) -> Any:
        """A service with a listener that forwards to a function, in the service network."""
        made = self.lattice.create_service(name=name)
        self.lattice.create_listener(
            serviceIdentifier=made["id"], name="http", protocol="HTTP", port=80,
            defaultAction=forward(self.group(name)),
        )  # fmt: skip
        self.lattice.create_service_network_service_association(
            serviceIdentifier=made["id"], serviceNetworkIdentifier=self.network
        )
        return made

    def join(self, vpc: str = "", account: str = OWNER, **more: Any) -> Any:
        return self.of("vpc-lattice", account).create_service_network_vpc_association(
            serviceNetworkIdentifier=self.network, vpcIdentifier=vpc or self.vpc, **more
        )

    def ask(
        self, path: str = "/", source: str = "", method: str = "GET", query: str = "",
        service: Any = None, body: bytes = b"", **headers: str,
    ) -> Response:  # fmt: skip
        host = (service or self.service)["dnsEntry"]["domainName"]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["x-chamber-source"] = source or self.vpc
        return self.chamber.host.handle(Request(method, path, query, {"host": host, **named}, body))


def forward(*groups: str, **weights: int) -> dict[str, Any]:
    """An action that forwards to groups."""
    return {
        "forward": {
            "targetGroups": [
                {"targetGroupIdentifier": each, "weight": weights.get(each.replace("-", "_"), 100)}
                for each in groups
            ]
        }
    }


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1, account=OWNER) as chamber:
        built = Estate(chamber)
        yield built
        built.crew.close()
