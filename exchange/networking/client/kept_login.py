"""Being let in by what is kept on disk, also where it doesn't fit the exchange that answers.

    the token fits                                    as `MessageClient.login`
    the exchange doesn't know the name                it is claimed, and tokens of other exchanges are left alone
    it knows the name by another token that is kept   that one is taken
    it has told fewer events than `last_seq`          (it was put back from an older copy)  log in afresh

Which token may be sent where is told in `token_store`.  A refused login ends its connection, so each try is on a
connection of its own.  Whatever was not as expected is told in one line (`notice`): nothing is decided silently
about who one is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Optional, Union

from exchange.networking.client.errors import LoginRejected
from exchange.networking.client.message_client import MessageClient
from exchange.networking.client.message_json import Message
from exchange.networking.client.token_store import KeptToken, TokenStore

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
    """A login that may have to be tried several times, each time on a client that `connect` makes."""

    connect: Callable[[], MessageClient]
    user: str
    tokens: TokenStore
    cancel_on_disconnect: Union[bool, str, None]
    heartbeat_s: Optional[float]

    def attempt(
        self, client: MessageClient, token: Optional[str], last_seq: Optional[int] = None
    ) -> tuple[MessageClient, Message]:
        """One try on this client, which is closed again if it fails."""
        try:
            logged_in = client.login(
                self.user,
                token=token,
                last_seq=last_seq,
                cancel_on_disconnect=self.cancel_on_disconnect,
                heartbeat_s=self.heartbeat_s,
            )
            proof = logged_in.token or token
            if proof is not None:
                self.tokens.save(self.user, proof, logged_in.engine_id, client.address)
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
    tokens.prepare()
    client = connect()
    try:
        first = tokens.first(user, client.address)
    except BaseException:
        client.close()
        raise
    try:
        return _begin(wish, client, first, last_seq)
    except LoginRejected as refusal:
        if refusal.code != "BAD_TOKEN":
            raise
        return _as_a_stranger(wish, client.address, first, last_seq, refusal)


def _begin(wish: _Wish, client: MessageClient, first: Optional[KeptToken], last_seq: Optional[int]) -> KeptLogin:
    """Log in with the token that is expected to fit, else claim the name.  Raises LoginRejected."""
    if first is None:
        notice = _claim_notice(wish) if wish.tokens.is_known_anywhere(wish.user) else None
        return KeptLogin(*wish.attempt(client, None), notice)
    if wish.tokens.is_last(wish.user, first.engine_id):
        return _as_before(wish, client, first.token, last_seq)
    return _elsewhere(wish, client, first.token)


def _as_before(wish: _Wish, client: MessageClient, token: str, last_seq: Optional[int]) -> KeptLogin:
    """Log in with what is kept, without the past if that is what the exchange refuses.

    Raises LoginRejected; an exchange that is a stranger may complain of either, the past or the token, first.
    """
    try:
        return KeptLogin(*wish.attempt(client, token, last_seq), None)
    except LoginRejected as refusal:
        if refusal.code != "BAD_VALUE" or last_seq is None:
            raise
        return _afresh(wish, token, last_seq, refusal)


def _afresh(wish: _Wish, token: str, last_seq: int, refusal: LoginRejected) -> KeptLogin:
    """Log in without the past, if it is because of the past that the engine refused."""
    client, answer = wish.attempt(wish.connect(), token)
    known = answer["next_seq"] - 1
    if known >= last_seq:
        client.close()
        raise refusal
    notice = (
        f"the exchange knows {known:,} events of {wish.user}, this side {last_seq:,}: it was put back from an "
        "older copy, and what it says counts"
    )
    return KeptLogin(client, answer, notice)


def _elsewhere(wish: _Wish, client: MessageClient, token: str) -> KeptLogin:
    """Log in at another exchange than the last time: what was heard last is another's past."""
    notice = f"this is another exchange than the last time: {wish.user} is known to it by an earlier token"
    return KeptLogin(*wish.attempt(client, token), notice)


def _as_a_stranger(
    wish: _Wish, address: str, first: Optional[KeptToken], last_seq: Optional[int], refusal: LoginRejected
) -> KeptLogin:
    """Claim the name where nobody has it, unless that was tried `first`; else try the other tokens.

    Raises `refusal` if nothing fits.
    """
    others = [each for each in wish.tokens.others(wish.user, address) if each != first]
    tries: list[Optional[KeptToken]] = [] if first is None else [None]
    for kept in [*tries, *others[:OTHER_TOKENS_TRIED_MAX]]:
        try:
            if kept is None:
                return KeptLogin(*wish.attempt(wish.connect(), None), _claim_notice(wish))
            if kept.engine_id is not None and wish.tokens.is_last(wish.user, kept.engine_id):
                # It only has another address than the last time.
                return _as_before(wish, wish.connect(), kept.token, last_seq)
            return _elsewhere(wish, wish.connect(), kept.token)
        except LoginRejected as again:
            if again.code != "BAD_TOKEN":
                raise
    raise refusal


def _claim_notice(wish: _Wish) -> str:
    return (
        f"this exchange did not know {wish.user}: the name is claimed anew (it is another exchange, or its "
        "operator has reset the name), and the token from before is kept beside the new one in "
        f"{wish.tokens.path(wish.user).parent}"
    )
