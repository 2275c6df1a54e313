"""Tokens: who has one is who they say they are.  Only a salted hash of a token is ever kept.

A token is 256 random bits made here, not a password made by a person, so nobody can guess one however cheap the
hash is; scrypt with small parameters (1 MiB, about 3 ms) is there for the case that the kept hashes are stolen.

Keeps nothing; the random bits are an argument.  Called by reader threads, never by the matching thread.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import NamedTuple

TOKEN_BYTES = 32
_SALT_BYTES = 16
_HASH_BYTES = 32
_COST, _BLOCK_SIZE, _PARALLEL = 1_024, 8, 1

# Users whose right tokens are remembered at once.
PROVEN_MAX = 10_000

RandomBytes = Callable[[int], bytes]


class NewToken(NamedTuple):
    """`token` is told to the user once; `credential` is what the exchange keeps."""

    token: str
    credential: str


def new_token(random_bytes: RandomBytes) -> NewToken:
    """Make a token; `random_bytes` must be unpredictable (os.urandom)."""
    token = random_bytes(TOKEN_BYTES).hex()
    salt = random_bytes(_SALT_BYTES)
    return NewToken(token, f"scrypt-{_COST}-{_BLOCK_SIZE}-{_PARALLEL}-{salt.hex()}-{_hash(token, salt).hex()}")


def token_matches(token: str, credential: str) -> bool:
    """Whether `credential` was made for `token`; takes the same time whatever the answer."""
    salt, expected = (bytes.fromhex(part) for part in credential.split("-")[-2:])
    return hmac.compare_digest(_hash(token, salt), expected)


class ProvenTokens:
    """The tokens that were found right lately, so that who shows one again is known without a slow hash.

    Kept is a fast hash of each, in memory only: of 256 random bits even that tells nothing.  Any thread.
    """

    def __init__(self) -> None:
        # By user: what the last right token and the credential it was right for hash to.  The oldest goes first.
        self._digests: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def add(self, user: str, token: str, credential: str) -> None:
        """The token was found right."""
        with self._lock:
            self._digests.pop(user, None)
            self._digests[user] = _digest(token, credential)
            if len(self._digests) > PROVEN_MAX:
                del self._digests[next(iter(self._digests))]

    def knows(self, user: str, token: str, credential: str) -> bool:
        """Whether just this was found right before; no credential that was replaced since then counts."""
        digest = self._digests.get(user, b"")
        return hmac.compare_digest(digest, _digest(token, credential))


def _digest(token: str, credential: str) -> bytes:
    return hashlib.sha256(f"{credential} {token}".encode()).digest()


def _hash(token: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        token.encode(), salt=salt, n=_COST, r=_BLOCK_SIZE, p=_PARALLEL, dklen=_HASH_BYTES
    )
