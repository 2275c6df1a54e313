"""Being let in by what is kept on disk, also where it doesn't fit the exchange that answers.

    the token fits                                   as `MessageClient.login`
    the exchange doesn't know the name               it is claimed anew, the old token is kept beside the new one
    it knows the name by a token of an earlier day   that one is taken
    it has told fewer events than `last_seq`         (it was put back from an older copy)  log in afresh

A refused login ends its connection, so each try is on a connection of its own.  Whatever was not as expected is
told in one line (`notice`): nothing is decided silently about who one is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Optional, Union

from exchange.networking.client.errors import LoginRejected
from exchange.networking.client.message_client import MessageClient
from exchange.networking.client.message_json import Message
from exchange.networking.client.token_store import TokenStore

# An exchange answers failed logins of one address ever later after the fifth.
OTHER_TOKENS_TRIED_MAX = 3


class KeptLogin(NamedTuple):
    """A `client` that is logged in, the engine's `logged_in`, and what a person should know of how it came to be.

    `notice` is one line, None when all was as expected.
    """

    client: MessageClient
    logged_in: Message
    notice: Optional[str]


class _Wish(NamedTuple):
    """A login that may have to be tried several times."""

    connect: Callable[[], MessageClient]
    user: str
    tokens: TokenStore
    cancel_on_disconnect: Union[bool, str, None]
    heartbeat_s: Optional[float]

    def attempt(self, token: Optional[str], last_seq: Optional[int]) -> tuple[MessageClient, Message]:
        """One try on a connection of its own, which is closed again if it fails."""
        client = self.connect()
        try:
            proof = client.login(
                self.user,
                token=token,
                last_seq=last_seq,
                cancel_on_disconnect=self.cancel_on_disconnect,
                heartbeat_s=self.heartbeat_s,
            ).token or token
            if proof is not None:
                self.tokens.save(self.user, proof)
        except BaseException:
            client.close()
            raise
        return client, client.login_message


def log_in(
    connect: Callable[[], MessageClient],
    user: str,
    tokens: TokenStore,
    *,
    last_seq: Optional[int] = None,
    cancel_on_disconnect: Union[bool, str, None] = None,
    heartbeat_s: Optional[float] = None,
) -> KeptLogin:
    """Speak for `user` with the token in `tokens`, on a client that `connect` makes; see the head of this file.

    The name is claimed, and its token kept, where the exchange doesn't know it; `last_seq` counts only with the
    token that was kept.  Raises LoginRejected, ConnectionLost, NoAnswer, ProtocolError, TokenFileError, OSError.
    """
    wish = _Wish(connect, user, tokens, cancel_on_disconnect, heartbeat_s)
    kept = tokens.load(user)
    tokens.prepare()
    if kept is None:
        return KeptLogin(*wish.attempt(None, None), None)
    try:
        return _as_before(wish, kept, last_seq)
    except LoginRejected as refusal:
        if refusal.code != "BAD_TOKEN":
            raise
        return _as_a_stranger(wish, refusal)


def _as_before(wish: _Wish, token: str, last_seq: Optional[int]) -> KeptLogin:
    """Log in with what is kept, without the past if that is what the exchange refuses.

    Raises LoginRejected; an exchange that is a stranger may complain of either, the past or the token, first.
    """
    try:
        return KeptLogin(*wish.attempt(token, last_seq), None)
    except LoginRejected as refusal:
        if refusal.code != "BAD_VALUE" or last_seq is None:
            raise
        return _afresh(wish, token, last_seq, refusal)


def _afresh(wish: _Wish, token: str, last_seq: int, refusal: LoginRejected) -> KeptLogin:
    """Log in without the past, if it is because of the past that the engine refused."""
    client, answer = wish.attempt(token, None)
    known = answer["next_seq"] - 1
    if known >= last_seq:
        client.close()
        raise refusal
    notice = (
        f"the exchange knows {known:,} events of {wish.user}, this side {last_seq:,}: it was put back from an "
        "older copy, and what it says counts"
    )
    return KeptLogin(client, answer, notice)


def _as_a_stranger(wish: _Wish, refusal: LoginRejected) -> KeptLogin:
    """Claim the name where nobody has it, else try the tokens of other exchanges.

    Raises `refusal` if nothing fits.
    """
    others = wish.tokens.others(wish.user)[:OTHER_TOKENS_TRIED_MAX]
    for token in (None, *others):
        try:
            client, answer = wish.attempt(token, None)
        except LoginRejected as again:
            if again.code != "BAD_TOKEN":
                raise
            continue
        return KeptLogin(client, answer, _stranger_notice(wish, is_new=token is None))
    raise refusal


def _stranger_notice(wish: _Wish, *, is_new: bool) -> str:
    if is_new:
        return (
            f"this exchange did not know {wish.user}: the name is claimed anew (it is another exchange, or its "
            "operator has reset the name), and the token from before is kept beside the new one in "
            f"{wish.tokens.path(wish.user).parent}"
        )
    return f"this is another exchange than the last time: {wish.user} is known to it by an earlier token"
