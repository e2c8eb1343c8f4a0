"""Where a unit and an account stand, seen from both sides, before and after a move."""

from __future__ import annotations

from cloudchamber import Chamber


def test_an_account_moves_from_the_root_into_a_unit() -> None:
    with Chamber(seed=1) as chamber:
        org = chamber.client("organizations")
        org.create_organization(FeatureSet="ALL")
        root = org.list_roots()["Roots"][0]["Id"]
        unit = org.create_organizational_unit(ParentId=root, Name="shops")["OrganizationalUnit"]
        assert (
            org.describe_organizational_unit(OrganizationalUnitId=unit["Id"])["OrganizationalUnit"]
            == unit
        )
        me = chamber.cloud.settings.account

        def seen(place: str) -> list[str]:
            return [each["Id"] for each in org.list_accounts_for_parent(ParentId=place)["Accounts"]]

        assert (seen(root), seen(unit["Id"])) == ([me], [])
        assert org.list_parents(ChildId=me)["Parents"] == [{"Id": root, "Type": "ROOT"}]
        org.move_account(AccountId=me, SourceParentId=root, DestinationParentId=unit["Id"])
        assert (seen(root), seen(unit["Id"])) == ([], [me])
        parents = org.list_parents(ChildId=me)["Parents"]
        assert parents == [{"Id": unit["Id"], "Type": "ORGANIZATIONAL_UNIT"}]
