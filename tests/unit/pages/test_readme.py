"""What is written for people shows what the code has: keys, the example bot, commands, the lists of modules."""

from __future__ import annotations

import re
import textwrap

from exchange import networking
from exchange.networking import tcp_client
from tests.support.project import ROOT
from tui.screen.key_table import markdown_table

README = (ROOT / "README.md").read_text("utf-8")


def test_the_table_of_keys_is_made_from_the_key_table() -> None:
    assert markdown_table().strip() in README


def test_every_make_command_of_the_readme_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", README))
    assert named <= targets, named - targets


def test_the_bot_is_the_one_that_the_client_librarys_own_test_runs() -> None:
    bot = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert bot is not None
    assert tcp_client.__doc__ is not None
    assert textwrap.indent(bot[1].strip(), "    ") in tcp_client.__doc__


def test_every_file_that_the_readme_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / name).exists(), name


def test_the_bridge_lists_every_room_and_door_it_has() -> None:
    assert networking.__doc__ is not None
    folder = ROOT / "exchange" / "networking"
    rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
    doors = {path.stem for path in folder.glob("[a-z]*.py")}
    assert rooms | doors <= set(re.findall(r"\w+", networking.__doc__))
