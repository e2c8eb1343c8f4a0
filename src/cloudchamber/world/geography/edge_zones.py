"""Local Zones and Wavelength Zones: parts of a Region that stand in another city.

Rules of this file: AWS's two lists, in AWS's order, each with its source, and the reading of them.
A row is as short as it can be: the Region, the zone group and the network border group of a zone
follow from its name (`zones.py`).
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple


class LocalZoneRow(NamedTuple):
    """One Local Zone. `parent_id` is the zone that runs its control plane.

    `on_request` marks those that AWS opens to an account only through AWS Support.
    """

    name: str
    zone_id: str
    parent_id: str
    group_long_name: str
    geography: str
    on_request: bool


class WavelengthZoneRow(NamedTuple):
    """One Wavelength Zone: where it stands, and in whose 5G network."""

    name: str
    zone_id: str
    location: str
    group_long_name: str


# https://docs.aws.amazon.com/local-zones/latest/ug/available-local-zones.html
# name, id, id of the parent zone, long name of the group, where. A `*` after the long name is the
# page's own: "Contact Support to request access". One id differs from the page, which prints
# `apse1-han-az1` for Hanoi, unlike every other id and unlike the zone's own group.
_LOCAL_ZONES: Final = """
us-east-1-qro-1a | use1-qro1-az1 | use1-az1 | México (Querétaro) | Mexico
us-east-1-atl-2a | use1-atl2-az1 | use1-az5 | US East (Atlanta) 2 | Georgia, USA
us-east-1-atl-2b | use1-atl2-az2 | use1-az2 | US East (Atlanta) 2 | Georgia, USA
us-east-1-atl-1a | use1-atl1-az1 | use1-az4 | US East (Atlanta) * | Georgia, USA
us-east-1-bos-1a | use1-bos1-az1 | use1-az4 | US East (Boston) | Massachusetts, USA
us-east-1-chi-2a | use1-chi2-az1 | use1-az6 | US East (Chicago) 2 | Illinois, USA
us-east-1-chi-1a | use1-chi1-az1 | use1-az5 | US East (Chicago) * | Illinois, USA
us-east-1-dfw-2a | use1-dfw2-az1 | use1-az4 | US East (Dallas) 2 | Texas, USA
us-east-1-dfw-1a | use1-dfw1-az1 | use1-az1 | US East (Dallas) * | Texas, USA
us-east-1-iah-2a | use1-iah2-az1 | use1-az2 | US East (Houston) 2 | Texas, USA
us-east-1-iah-1a | use1-iah1-az1 | use1-az6 | US East (Houston) * | Texas, USA
us-east-1-mci-1a | use1-mci1-az1 | use1-az2 | US East (Kansas City) 2 | Missouri, USA
us-east-1-mia-2a | use1-mia2-az1 | use1-az6 | US East (Miami) 2 | Florida, USA
us-east-1-mia-1a | use1-mia1-az1 | use1-az2 | US East (Miami) * | Florida, USA
us-east-1-msp-1a | use1-msp1-az1 | use1-az5 | US East (Minneapolis) | Minnesota, USA
us-east-1-nyc-2a | use1-nyc2-az1 | use1-az5 | US East (New York City) 2 | New Jersey, USA
us-east-1-nyc-1a | use1-nyc1-az1 | use1-az5 | US East (New York City) * | New Jersey, USA
us-east-1-phl-1a | use1-phl1-az1 | use1-az1 | US East (Philadelphia) | Pennsylvania, USA
us-west-2-den-1a | usw2-den1-az1 | usw2-az4 | US West (Denver) | Colorado, USA
us-west-2-hnl-1a | usw2-hnl1-az1 | usw2-az3 | US West (Honolulu) | Hawaii, USA
us-west-2-las-2a | usw2-las2-az1 | usw2-az1 | US West (Las Vegas) 2 | Nevada, USA
us-west-2-las-1a | usw2-las1-az1 | usw2-az3 | US West (Las Vegas) * | Nevada, USA
us-west-2-lax-1a | usw2-lax1-az1 | usw2-az2 | US West (Los Angeles) | California, USA
us-west-2-lax-1b | usw2-lax1-az2 | usw2-az4 | US West (Los Angeles) | California, USA
us-west-2-phx-2a | usw2-phx2-az1 | usw2-az2 | US West (Phoenix) 2 | Arizona, USA
us-west-2-phx-1a | usw2-phx1-az1 | usw2-az2 | US West (Phoenix) * | Arizona, USA
us-west-2-pdx-1a | usw2-pdx1-az1 | usw2-az3 | US West (Portland) * | Oregon, USA
us-west-2-sea-1a | usw2-sea1-az1 | usw2-az1 | US West (Seattle) | Washington, USA
us-east-1-bue-1a | use1-bue1-az1 | use1-az2 | Argentina (Buenos Aires) | Argentina
us-east-1-scl-1a | use1-scl1-az1 | use1-az1 | Chile (Santiago) | Chile
us-east-1-lim-1a | use1-lim1-az1 | use1-az2 | Peru (Lima) | Peru
af-south-1-los-1a | afs1-los1-az1 | afs1-az1 | Nigeria (Lagos) | Nigeria
ap-southeast-2-per-1a | apse2-per1-az1 | apse2-az1 | Australia (Perth) | Australia
ap-south-1-del-1a | aps1-del1-az1 | aps1-az3 | India (Delhi) | India
ap-south-1-ccu-1a | aps1-ccu1-az1 | aps1-az1 | India (Kolkata) | India
ap-southeast-2-akl-1a | apse2-akl1-az1 | apse2-az2 | New Zealand (Auckland) * | New Zealand
ap-southeast-1-mnl-1a | apse1-mnl1-az1 | apse1-az1 | Philippines (Manila) | Philippines
ap-northeast-1-tpe-1a | apne1-tpe1-az1 | apne1-az2 | Taiwan (Taipei) * | Taiwan
ap-southeast-1-bkk-1a | apse1-bkk1-az1 | apse1-az1 | Thailand (Bangkok) | Thailand
ap-southeast-1-han-1a | apse1-han1-az1 | apse1-az3 | Vietnam (Hanoi) | Vietnam
eu-north-1-cph-1a | eun1-cph1-az1 | eun1-az2 | Denmark (Copenhagen) | Denmark
eu-north-1-hel-1a | eun1-hel1-az1 | eun1-az1 | Finland (Helsinki) | Finland
eu-central-1-ham-1a | euc1-ham1-az1 | euc1-az3 | Germany (Hamburg) | Germany
eu-central-1-ath-1a | euc1-ath1-az1 | euc1-az2 | Greece (Athens) | Greece
eu-central-1-waw-1a | euc1-waw1-az1 | euc1-az3 | Poland (Warsaw) | Poland
eu-central-1-ist-1a | euc1-ist1-az1 | euc1-az1 | Turkey (Istanbul) | Turkey
me-south-1-mct-1a | mes1-mct1-az1 | mes1-az1 | Oman (Muscat) | Oman
"""

# https://docs.aws.amazon.com/wavelength/latest/developerguide/available-wavelength-zones.html
# name, id, city, long name of the group ("US East (Verizon)" is AWS's own example; the others are
# formed like it). One id differs from the page, which prints the name in the place of San
# Francisco's id. AWS publishes no parent zone for these.
_WAVELENGTH_ZONES: Final = """
us-east-1-wl1-atl-wlz-1 | use1-wl1-atl-wlz1 | Atlanta | US East (Verizon)
us-east-1-wl1-bos-wlz-1 | use1-wl1-bos-wlz1 | Boston | US East (Verizon)
us-east-1-wl1-clt-wlz-1 | use1-wl1-clt-wlz1 | Charlotte | US East (Verizon)
us-east-1-wl1-chi-wlz-1 | use1-wl1-chi-wlz1 | Chicago | US East (Verizon)
us-east-1-wl1-dfw-wlz-1 | use1-wl1-dfw-wlz1 | Dallas | US East (Verizon)
us-east-1-wl1-dtw-wlz-1 | use1-wl1-dtw-wlz1 | Detroit | US East (Verizon)
us-east-1-wl1-iah-wlz-1 | use1-wl1-iah-wlz1 | Houston | US East (Verizon)
us-east-1-foe-wlz-1a | use1-foe1-wlz1 | Kansas | US East (Verizon) Kansas
us-east-1-wl1-mia-wlz-1 | use1-wl1-mia-wlz1 | Miami | US East (Verizon)
us-east-1-wl1-msp-wlz-1 | use1-wl1-msp-wlz1 | Minneapolis | US East (Verizon)
us-east-1-wl1-bna-wlz-1 | use1-wl1-bna-wlz1 | Nashville | US East (Verizon)
us-east-1-wl1-nyc-wlz-1 | use1-wl1-nyc-wlz1 | New York City | US East (Verizon)
us-east-1-wl1-tpa-wlz-1 | use1-wl1-tpa-wlz1 | Tampa | US East (Verizon)
us-east-1-wl1-was-wlz-1 | use1-wl1-was-wlz1 | Washington DC | US East (Verizon)
us-west-2-wl1-den-wlz-1 | usw2-wl1-den-wlz1 | Denver | US West (Verizon)
us-west-2-wl1-las-wlz-1 | usw2-wl1-las-wlz1 | Las Vegas | US West (Verizon)
us-west-2-wl1-lax-wlz-1 | usw2-wl1-lax-wlz1 | Los Angeles | US West (Verizon)
us-west-2-wl1-phx-wlz-1 | usw2-wl1-phx-wlz1 | Phoenix | US West (Verizon)
us-west-2-wl1-sfo-wlz-1 | usw2-wl1-sfo-wlz1 | San Francisco Bay area | US West (Verizon)
us-west-2-wl1-sea-wlz-1 | usw2-wl1-sea-wlz1 | Seattle | US West (Verizon)
ap-northeast-1-wl1-kix-wlz-1 | apne1-wl1-kix-wlz1 | Osaka | Asia Pacific (KDDI)
ap-northeast-1-wl1-nrt-wlz-1 | apne1-wl1-nrt-wlz1 | Tokyo | Asia Pacific (KDDI)
ca-central-1-wl1-yto-wlz-1 | cac1-wl1-yto-wlz1 | Toronto | Canada (Bell)
eu-west-2-wl2-man-wlz-1 | euw2-wl2-man-wlz1 | Manchester | Europe (British Telecom)
eu-west-3-cmn-wlz-1a | euw3-cmn1-wlz1 | Casablanca | Morocco (Orange)
eu-west-3-dss-wlz-1a | euw3-dss1-wlz1 | Dakar | Senegal (Sonatel)
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


@cache
def local_zone_rows() -> tuple[LocalZoneRow, ...]:
    """Every Local Zone that AWS lists."""
    rows = []
    for name, zone_id, parent_id, title, where in _rows(_LOCAL_ZONES):
        geography = where.replace("USA", "United States of America")
        long_name = title.removesuffix(" *")
        rows.append(
            LocalZoneRow(name, zone_id, parent_id, long_name, geography, long_name != title)
        )
    return tuple(rows)


@cache
def wavelength_zone_rows() -> tuple[WavelengthZoneRow, ...]:
    """Every Wavelength Zone that AWS lists."""
    return tuple(WavelengthZoneRow(*cells) for cells in _rows(_WAVELENGTH_ZONES))
