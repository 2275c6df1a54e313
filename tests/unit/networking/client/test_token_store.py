"""Where a client keeps its tokens: one private file per user, and nothing that could be taken for one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.tcp_client import TokenFileError, TokenStore

TOKEN = "5ec4e7" * 10


def test_a_token_is_there_again_for_the_next_run_and_for_no_other_user(tmp_path: Path) -> None:
    directory = tmp_path / "client" / "tokens"
    assert TokenStore(directory).load("alice") is None
    TokenStore(directory).save("alice", TOKEN)
    assert TokenStore(str(directory)).load("alice") == TOKEN
    assert TokenStore(directory).load("bob") is None
    assert TokenStore(directory).load("ALICE") is None


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path / "tokens")
    tokens.save("alice", "0ld")
    tokens.save("alice", TOKEN)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tokens").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "tokens").iterdir()].count("token_alice.txt") == 1
    assert tokens.load("alice") == TOKEN


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"two words\n", b"a\nb\n", b"\xff\xfe", b"a" * 129, b"caf\xc3\xa9"]
)
def test_what_can_not_be_a_token_is_refused_with_its_place(tmp_path: Path, content: bytes) -> None:
    tokens = TokenStore(tmp_path)
    tokens.path("alice").write_bytes(content)
    with pytest.raises(TokenFileError) as refused:
        tokens.load("alice")
    assert str(tokens.path("alice")) in str(refused.value)
    assert "operate reset alice" in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=40))
def test_no_name_leads_out_of_the_directory(user: str) -> None:
    try:
        path = TokenStore("tokens").path(user)
    except ValueError:
        return
    assert path.parent == Path("tokens")
    assert path.name == f"token_{user}.txt"


@pytest.mark.parametrize("user", ["", "../x", "a/b", "a" * 33, "al ice", "alice\n"])
def test_a_name_that_can_not_be_a_users_is_refused(tmp_path: Path, user: str) -> None:
    for call in (TokenStore(tmp_path).load, TokenStore(tmp_path).path):
        with pytest.raises(ValueError, match="must be 1 to 32"):
            call(user)


def test_a_directory_that_can_not_be_one_is_told_before_a_token_is_lost(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("a file")
    with pytest.raises(OSError, match="tokens"):
        TokenStore(tmp_path / "tokens").prepare()
    TokenStore(tmp_path / "new").prepare()
    assert list((tmp_path / "new").iterdir()) == []
