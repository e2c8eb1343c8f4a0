"""Key pairs: made from a stream, and what they do (sign, verify, encrypt, agree, encapsulate).

Rules of this file: pure, no Call; a private key is the PKCS #8 DER of it. Making is determined by
`draw`; the padding of OAEP and PSS and ML-KEM's encapsulation are the library's own chance, so
those outputs differ from run to run. ECDSA signs as RFC 6979 says, where the library can.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.services.kms import primes
from cloudchamber.services.kms.specs import SPECS

Draw = Callable[[int], bytes]

DIGEST_BYTES: Final = 64  # of SHA-512, the longest


class Unfit(ValueError):
    """Bytes that are no key of the spec, or no ciphertext of the key."""


def make(spec: str, draw: Draw) -> bytes:
    """A private key of a spec."""
    return private_der(_MAKERS[SPECS[spec].family](spec, draw))


def _make_rsa(spec: str, draw: Draw) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    bits = SPECS[spec].bits
    p = primes.prime(bits // 2, draw)
    q = p
    while abs(p - q).bit_length() < bits // 2 - 100:  # FIPS 186-5, A.1.3: not too near
        q = primes.prime(bits // 2, draw)
    if p < q:
        p, q = q, p
    e = primes.EXPONENT
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q)
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _make_ecc(spec: str, draw: Draw) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    curve = _curve(spec)
    order = curve.group_order
    # 64 bits more than needed leave no bias to speak of, FIPS 186-5, A.2.1.
    number = int.from_bytes(draw((curve.key_size + 64 + 7) // 8), "big") % (order - 1) + 1
    return ec.derive_private_key(number, curve)


def _curve(spec: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    if spec == "ECC_NIST_P256":
        return ec.SECP256R1()
    if spec == "ECC_NIST_P384":
        return ec.SECP384R1()
    return ec.SECP521R1() if spec == "ECC_NIST_P521" else ec.SECP256K1()


def _make_ed25519(spec: str, draw: Draw) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    return ed25519.Ed25519PrivateKey.from_private_bytes(draw(32))


def _make_mldsa(spec: str, draw: Draw) -> Any:
    return _module_class("mldsa", spec).from_seed_bytes(draw(32))


def _make_mlkem(spec: str, draw: Draw) -> Any:
    return _module_class("mlkem", spec).from_seed_bytes(draw(64))


def _module_class(module: str, spec: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

    family = mldsa if module == "mldsa" else mlkem
    return getattr(family, f"{module.upper()}{SPECS[spec].bits}PrivateKey")


_MAKERS: Final = MappingProxyType(
    {
        "rsa": _make_rsa,
        "ecc": _make_ecc,
        "ed25519": _make_ed25519,
        "mldsa": _make_mldsa,
        "mlkem": _make_mlkem,
    }
)


def private_der(key: Any) -> bytes:
    """PKCS #8 of a private key."""
    from cryptography.hazmat.primitives import serialization as forms

    data: bytes = key.private_bytes(
        forms.Encoding.DER, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    return data


@lru_cache(maxsize=512)
def load(private: bytes) -> Any:
    """The private key of a DER. Raises ValueError."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    return load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)


@lru_cache(maxsize=512)
def public_der(private: bytes) -> bytes:
    """SubjectPublicKeyInfo of a private key's public half."""
    from cryptography.hazmat.primitives import serialization as forms

    data: bytes = (
        load(private)
        .public_key()
        .public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
    )
    return data


def check_imported(spec: str, private: bytes) -> None:
    """Raises Unfit for what is no private key of a spec: somebody else made it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        key: Any = load_der_private_key(private, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unfit("no PKCS #8 private key") from error
    about = SPECS[spec]
    if about.family in ("rsa", "ecc"):
        fits = getattr(key, "key_size", 0) == about.bits
        if about.family == "ecc":
            fits = fits and getattr(getattr(key, "curve", None), "name", "") == _curve(spec).name
        elif not hasattr(key, "decrypt"):
            fits = False
    else:
        fits = type(key) is type(load(make(spec, bytes)))
    if not fits:
        raise Unfit(f"not a key of {spec}")


def _hash(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    bits = algorithm.rpartition("_")[2]
    if bits == "1":
        return hashes.SHA1()
    if bits == "256":
        return hashes.SHA256()
    return hashes.SHA384() if bits == "384" else hashes.SHA512()


def digest_bytes(algorithm: str) -> int:
    """How long a digest is that an algorithm signs."""
    if algorithm in ("ED25519_PH_SHA_512", "ML_DSA_SHAKE_256"):
        return DIGEST_BYTES
    size: int = _hash(algorithm).digest_size
    return size


def _arguments(algorithm: str, is_digest: bool) -> tuple[Any, ...]:
    """What sign and verify take after the message."""
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    if not algorithm.startswith(("RSASSA", "ECDSA")):
        return ()
    function = _hash(algorithm)
    hashed = utils.Prehashed(function) if is_digest else function
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(hashed, deterministic_signing=_can_be_deterministic()),)
    if "PSS" in algorithm:
        return padding.PSS(padding.MGF1(function), function.digest_size), hashed
    return padding.PKCS1v15(), hashed


@lru_cache(maxsize=1)
def _can_be_deterministic() -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        ec.derive_private_key(1, ec.SECP256R1()).sign(
            b"", ec.ECDSA(SHA256(), deterministic_signing=True)
        )
    except UnsupportedAlgorithm:
        return False
    return True


def sign(private: bytes, algorithm: str, message: bytes, kind: str) -> bytes:
    """A signature. `kind` is RAW, DIGEST or EXTERNAL_MU."""
    key = load(private)
    signature: bytes
    if kind == "EXTERNAL_MU":
        signature = key.sign_mu(message)
    else:
        signature = key.sign(message, *_arguments(algorithm, kind == "DIGEST"))
    return signature


def is_valid(private: bytes, algorithm: str, message: bytes, kind: str, signature: bytes) -> bool:
    """Whether a signature is one of this message by this key."""
    from cryptography.exceptions import InvalidSignature

    key = load(private).public_key()
    try:
        if kind == "EXTERNAL_MU":
            key.verify_mu(signature, message)
        else:
            key.verify(signature, message, *_arguments(algorithm, kind == "DIGEST"))
    except InvalidSignature:
        return False
    return True


def _oaep(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding

    function = _hash(algorithm)
    return padding.OAEP(padding.MGF1(function), function, None)


def plaintext_max(spec: str, algorithm: str) -> int:
    """How many bytes fit into one RSA ciphertext."""
    size: int = _hash(algorithm).digest_size
    return SPECS[spec].bits // 8 - 2 * size - 2


def encrypt(private: bytes, algorithm: str, plain: bytes) -> bytes:
    """RSA-OAEP under the public half."""
    sealed: bytes = load(private).public_key().encrypt(plain, _oaep(algorithm))
    return sealed


def decrypt(private: bytes, algorithm: str, sealed: bytes) -> bytes:
    """RSA-OAEP with the private half. Raises Unfit."""
    try:
        plain: bytes = load(private).decrypt(sealed, _oaep(algorithm))
    except ValueError as error:
        raise Unfit("not sealed with this key") from error
    return plain


def agree(private: bytes, public: bytes) -> bytes:
    """ECDH's shared secret. Raises Unfit when the other's key is none of the curve."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load(private)
    try:
        theirs = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unfit("no public key") from error
    if not isinstance(theirs, ec.EllipticCurvePublicKey) or theirs.curve.name != key.curve.name:
        raise Unfit("a key of another curve")
    secret: bytes = key.exchange(ec.ECDH(), theirs)
    return secret


def encapsulate(private: bytes) -> tuple[bytes, bytes]:
    """ML-KEM: a new shared secret, and what only the private half opens."""
    secret, sealed = load(private).public_key().encapsulate()
    return secret, sealed


def decapsulate(private: bytes, sealed: bytes) -> bytes:
    """ML-KEM: the secret in what `encapsulate` gave. Raises Unfit for the wrong length."""
    try:
        secret: bytes = load(private).decapsulate(sealed)
    except ValueError as error:
        raise Unfit("not of this kind of key") from error
    return secret


def unwrap(private: bytes, algorithm: str, wrapped: bytes) -> bytes:
    """Key material that was wrapped for import. Raises Unfit.

    RSA_AES_KEY_WRAP is an AES key in OAEP, then the material under it as RFC 5649 says.
    """
    if not algorithm.startswith("RSA_AES"):
        return decrypt(private, algorithm, wrapped)
    from cryptography.hazmat.primitives import keywrap

    size = load(private).key_size // 8
    inner = decrypt(private, f"RSAES_OAEP_SHA_{algorithm.rpartition('_')[2]}", wrapped[:size])
    try:
        return keywrap.aes_key_unwrap_with_padding(inner, wrapped[size:])
    except (ValueError, keywrap.InvalidUnwrap) as error:
        raise Unfit("not wrapped as agreed") from error
