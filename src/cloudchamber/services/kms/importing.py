"""Imported key material: wrapped by its owner, unwrapped here, and gone when it expires.

Rules of this file: a wrapping key is good for one KMS key and 24 hours. The same KMS key takes back
only the material it had; a symmetric one may have several, the newest waiting for a rotation.
https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import making, pairs
from cloudchamber.services.kms.limits import IMPORT_KEPT_DAYS, IMPORT_NS
from cloudchamber.services.kms.lookup import (
    alive_key,
    check_origin,
    invalid,
    invalid_state,
    not_found,
    owned_key,
    unsupported,
)
from cloudchamber.services.kms.metadata import seconds
from cloudchamber.services.kms.nouns import (
    CURRENT,
    DISABLED,
    ENABLED,
    IMPORTS,
    KEYS,
    PENDING_IMPORT,
    PENDING_REGIONS,
    PENDING_ROTATION,
    Import,
    Key,
    Material,
)
from cloudchamber.services.kms.specs import SPECS

EXPIRE: Final = "kms.material-due"
_TOKEN: Final = 256
_WAITING: Final = (PENDING_ROTATION, PENDING_REGIONS)


def get_parameters_for_import(call: Call, request: Input) -> Output:
    """A public key to wrap material with, and the token that goes with it."""
    key = alive_key(call, request)
    check_origin(key, imported=True)
    algorithm, spec = request["WrappingAlgorithm"], request["WrappingKeySpec"]
    if algorithm == "SM2PKE" or spec == "SM2":
        raise unsupported("SM2 wrapping keys are not supported in this Region.")
    if algorithm == "RSAES_PKCS1_V1_5":
        raise unsupported("The RSAES_PKCS1_V1_5 wrapping algorithm is no longer supported.")
    if SPECS[key.spec].family == "rsa" and not algorithm.startswith("RSA_AES"):
        raise unsupported(f"{algorithm} cannot wrap material of key spec {key.spec}.")
    private = making.draw(call, key.arn, spec, "wrapping")
    token = call.stream(key.arn, "import").bytes(_TOKEN)
    imports = call.rows(IMPORTS)
    for old in [name for name, each in imports.items() if each.expires_ns <= call.now - DAY_NS]:
        del imports[old]
    expires_ns = call.now + IMPORT_NS
    imports[token.hex()] = Import(token, key.id, algorithm, private, expires_ns)
    return {
        "KeyId": key.arn,
        "ImportToken": token,
        "PublicKey": pairs.public_der(private),
        "ParametersValidTo": seconds(expires_ns),
    }


def import_key_material(call: Call, request: Input) -> Output:
    """Unwrap material into a key; a key that had all it needs is enabled."""
    key = alive_key(call, request)
    check_origin(key, imported=True)
    expires_ns = _expiry(call, request)
    data = _unwrapped(call, key, request)
    _check_fit(key, data)
    fresh = making.material_of(key, data)
    wanted = request.get("KeyMaterialId")
    if wanted is not None and wanted != fresh.id:
        raise _incorrect(key)
    old = key.find_material(fresh.id)
    if _is_new(key, request):
        if old is not None:
            raise _incorrect(key)
        material = _add(call, key, fresh)
    else:
        if old is None and key.materials:
            raise _incorrect(key)
        material = old or _add(call, key, fresh)
    material.data, material.expires_ns = data, expires_ns
    material.description = request.get("KeyMaterialDescription", material.description)
    if expires_ns is not None:
        making.at_key(call, key, expires_ns, EXPIRE, material.id)
    if key.primary_region and material.state == PENDING_REGIONS:
        _settle_regions(call, key, material.id)
    if key.state == PENDING_IMPORT and _is_whole(key):
        key.state = ENABLED
    output: Output = {"KeyId": key.arn}
    if key.is_symmetric:
        output["KeyMaterialId"] = material.id
    return output


def _expiry(call: Call, request: Input) -> int | None:
    model = request.get("ExpirationModel", "KEY_MATERIAL_EXPIRES")
    valid_to = request.get("ValidTo")
    if model != "KEY_MATERIAL_EXPIRES":
        if valid_to is not None:
            raise invalid("ValidTo must be omitted when the key material does not expire.")
        return None
    if valid_to is None:
        raise invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES.")
    expires_ns: int = round(valid_to * SECOND_NS)
    if not call.now < expires_ns <= call.now + IMPORT_KEPT_DAYS * DAY_NS:
        raise invalid("ValidTo must be in the future and within 365 days.")
    return expires_ns


def _unwrapped(call: Call, key: Key, request: Input) -> bytes:
    token: bytes = request["ImportToken"]
    given = call.rows(IMPORTS).get(token.hex())
    if given is None or given.key_id != key.id:
        raise AwsError("InvalidImportTokenException", "")
    if given.expires_ns <= call.now:
        raise AwsError("ExpiredImportTokenException", "")
    try:
        return pairs.unwrap(given.private, given.algorithm, request["EncryptedKeyMaterial"])
    except pairs.Unfit as error:
        raise AwsError("InvalidCiphertextException", "") from error


def _check_fit(key: Key, data: bytes) -> None:
    about = SPECS[key.spec]
    if about.family in ("symmetric", "hmac"):
        if len(data) != about.bits // 8:
            raise _incorrect(key)
        return
    try:
        pairs.check_imported(key.spec, data)
    except pairs.Unfit as error:
        raise _incorrect(key) from error


def _incorrect(key: Key) -> AwsError:
    return AwsError(
        "IncorrectKeyMaterialException",
        f"The key material is not valid for {key.arn}, or is not what was imported before.",
    )


def _is_new(key: Key, request: Input) -> bool:
    default = "EXISTING_KEY_MATERIAL" if key.materials else "NEW_KEY_MATERIAL"
    if request.get("ImportType", default) == "EXISTING_KEY_MATERIAL":
        return False
    if key.materials and not key.is_symmetric:
        raise unsupported(f"{key.arn} has key material, which cannot be replaced.")
    if key.is_replica:
        raise unsupported(f"{key.arn} is a replica: import new material into the primary key.")
    if any(each.state in _WAITING for each in key.materials):
        raise invalid_state(f"{key.arn} has key material that is pending rotation.")
    return True


def _add(call: Call, key: Key, fresh: Material) -> Material:
    """New material in a key and, without its bytes, in the key's replicas."""
    state = CURRENT
    if key.materials:
        state = PENDING_REGIONS if key.replicas else PENDING_ROTATION
    for each in making.relatives(call, key):
        each.materials.append(Material(fresh.id, b"", state))
    return key.materials[-1]


def _settle_regions(call: Call, key: Key, material_id: str) -> None:
    """Material that is in all Regions may be rotated to."""
    related = making.relatives(call, key)
    found = [each.find_material(material_id) for each in related]
    if all(material is not None and material.data for material in found):
        for material in found:
            if material is not None:
                material.state = PENDING_ROTATION


def _is_whole(key: Key) -> bool:
    """Whether all material is there that the key has ever encrypted with."""
    used = [each for each in key.materials if each.state not in _WAITING]
    return bool(used) and all(each.data for each in used)


def delete_imported_key_material(call: Call, request: Input) -> Output:
    """Delete material; the same may be imported again."""
    key = owned_key(call, request)
    check_origin(key, imported=True)
    wanted = request.get("KeyMaterialId")
    material = key.find_material(wanted) if wanted is not None else key.find_current()
    if material is None:
        if wanted is not None:
            raise not_found(f"Key material {wanted} of {key.arn} does not exist")
        return {"KeyId": key.arn}
    _drop(call, key, material)
    output: Output = {"KeyId": key.arn}
    if key.is_symmetric:
        output["KeyMaterialId"] = material.id
    return output


def material_due(call: Call, key_id: str, material_id: str) -> None:
    """Imported material has expired."""
    key = call.rows(KEYS).get(key_id)
    material = key.find_material(material_id) if key is not None else None
    if key is None or material is None or material.expires_ns is None:
        return
    if material.data and material.expires_ns <= call.now:
        _drop(call, key, material)
        call.event(key.arn, "kms.material-expired", f"the material of key {key.id} has expired")


def _drop(call: Call, key: Key, material: Material) -> None:
    material.data, material.expires_ns = b"", None
    if material.state in _WAITING:
        # It was never used: it does not belong to the key for good.
        related = [key] if key.is_replica else making.relatives(call, key)
        for each in related:
            each.materials = [one for one in each.materials if one.id != material.id]
    elif key.state in (ENABLED, DISABLED):
        key.state = PENDING_IMPORT
