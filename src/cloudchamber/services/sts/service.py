"""AWS STS: what it answers, what it keeps, which questions of the house it answers.

Rules of this file: declaration only.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, refused, simulated
from cloudchamber.services.sts import identity, roles, sessions, web_identity
from cloudchamber.services.sts.nouns import EXPIRED, KEY_SETS, SESSIONS

SERVICE: Final = Service(
    name="sts",
    operations={
        # The handlers of the AssumeRole family ask the trust policy themselves.
        "AssumeRole": simulated(roles.assume_role, open=True),
        # Unsigned, so that nobody may be denied it before being told that it is not here.
        "AssumeRoleWithSAML": msgspec.structs.replace(
            refused("it needs verified XML signatures"), open=True, anonymous=True
        ),
        "AssumeRoleWithWebIdentity": simulated(
            web_identity.assume_role_with_web_identity, open=True, anonymous=True
        ),
        "AssumeRoot": refused("it needs centralized root access of AWS Organizations"),
        "DecodeAuthorizationMessage": simulated(identity.decode_authorization_message),
        "GetAccessKeyInfo": simulated(identity.get_access_key_info),
        "GetCallerIdentity": simulated(identity.get_caller_identity, open=True),
        "GetDelegatedAccessToken": refused("it needs temporary delegation requests"),
        "GetFederationToken": simulated(
            identity.get_federation_token, resource=identity.federated_user, mutates=True
        ),
        "GetSessionToken": simulated(identity.get_session_token, open=True, mutates=True),
        "GetWebIdentityToken": refused("it needs outbound web identity federation"),
    },
    tables=(SESSIONS, KEY_SETS),
    kernel_events={EXPIRED: sessions.expired},
    ports={
        ports.CREDENTIALS: sessions.credentials,
        ports.SESSION_POLICIES: sessions.session_policies,
    },
)
