"""What kinds of keys there are, and what each can do.

Rules of this file: data, from
https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

SYMMETRIC: Final = "SYMMETRIC_DEFAULT"
ENCRYPT: Final = "ENCRYPT_DECRYPT"
SIGN: Final = "SIGN_VERIFY"
MAC: Final = "GENERATE_VERIFY_MAC"
AGREE: Final = "KEY_AGREEMENT"
ENCAPSULATE: Final = "ENCAPSULATE_DECAPSULATE"


class Spec(msgspec.Struct, frozen=True):
    """One key spec: its family, its size in bits, and the algorithms of each usage it may have."""

    family: str
    bits: int
    usages: MappingProxyType[str, tuple[str, ...]]


def _spec(family: str, bits: int, **usages: tuple[str, ...]) -> Spec:
    return Spec(family, bits, MappingProxyType(usages))


_RSA_SIGN: Final = tuple(
    f"RSASSA_{form}_SHA_{bits}" for form in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)
)
_OAEP: Final = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")


def _rsa(bits: int) -> Spec:
    return _spec("rsa", bits, ENCRYPT_DECRYPT=_OAEP, SIGN_VERIFY=_RSA_SIGN)


def _ecc(bits: int, digest: int) -> Spec:
    return _spec("ecc", bits, SIGN_VERIFY=(f"ECDSA_SHA_{digest}",), KEY_AGREEMENT=("ECDH",))


def _hmac(bits: int) -> Spec:
    return _spec("hmac", bits, GENERATE_VERIFY_MAC=(f"HMAC_SHA_{bits}",))


SPECS: Final = MappingProxyType(
    {
        SYMMETRIC: _spec("symmetric", 256, ENCRYPT_DECRYPT=(SYMMETRIC,)),
        "RSA_2048": _rsa(2048),
        "RSA_3072": _rsa(3072),
        "RSA_4096": _rsa(4096),
        "ECC_NIST_P256": _ecc(256, 256),
        "ECC_NIST_P384": _ecc(384, 384),
        "ECC_NIST_P521": _ecc(521, 512),
        "ECC_SECG_P256K1": _spec("ecc", 256, SIGN_VERIFY=("ECDSA_SHA_256",)),
        "ECC_NIST_EDWARDS25519": _spec(
            "ed25519", 256, SIGN_VERIFY=("ED25519_SHA_512", "ED25519_PH_SHA_512")
        ),
        "HMAC_224": _hmac(224),
        "HMAC_256": _hmac(256),
        "HMAC_384": _hmac(384),
        "HMAC_512": _hmac(512),
        "ML_DSA_44": _spec("mldsa", 44, SIGN_VERIFY=("ML_DSA_SHAKE_256",)),
        "ML_DSA_65": _spec("mldsa", 65, SIGN_VERIFY=("ML_DSA_SHAKE_256",)),
        "ML_DSA_87": _spec("mldsa", 87, SIGN_VERIFY=("ML_DSA_SHAKE_256",)),
        "ML_KEM_768": _spec("mlkem", 768, ENCAPSULATE_DECAPSULATE=("ML_KEM",)),
        "ML_KEM_1024": _spec("mlkem", 1024, ENCAPSULATE_DECAPSULATE=("ML_KEM",)),
    }
)

# What the answers call the algorithms of each usage.
MEMBERS: Final = MappingProxyType(
    {
        ENCRYPT: "EncryptionAlgorithms",
        SIGN: "SigningAlgorithms",
        MAC: "MacAlgorithms",
        AGREE: "KeyAgreementAlgorithms",
        ENCAPSULATE: "EncapsulationAlgorithms",
    }
)

# What has no mathematics here; refused by name.
WITHOUT: Final = MappingProxyType(
    {
        "SM2": "there is no SM2 here",
        "ML_KEM_512": "the cryptography library has no ML-KEM-512",
    }
)
