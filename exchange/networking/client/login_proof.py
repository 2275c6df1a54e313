"""What a login does with a token store, in whatever way it waits: finds the token before, keeps it after."""

from __future__ import annotations

from typing import Optional

from exchange.networking.client.token_store import TokenStore
from exchange.networking.client.typed_answers import LoggedIn


def kept_proof(store: Optional[TokenStore], user: str, address: str) -> Optional[str]:
    """The user's token for the exchange at `address`; None if there is none, and then one could be kept.

    Raises TokenFileError and OSError.
    """
    if store is None:
        return None
    kept = store.single(user, address)
    if kept is None:
        store.prepare()
        return None
    return kept.token


def keep_proof(
    store: Optional[TokenStore], user: str, token: Optional[str], logged_in: LoggedIn, address: str
) -> None:
    """Keep the token that has just let the user in, told now or known before.  Raises OSError."""
    proof = logged_in.token or token
    if store is not None and proof is not None:
        store.save(user, proof, logged_in.engine_id, address)
