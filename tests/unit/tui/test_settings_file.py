"""What the screen remembers: its file, what is kept in it, and what happens when it can't be used."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.screen_scenes import Scene, busy, said
from tui.screen.guards import Guards
from tui.screen.layout import CHOSEN_AT_START, Panel
from tui.screen.messages import Effect
from tui.screen.saved_settings import SavedSettings
from tui.screen.settings import ScreenSettings, apply_settings, from_fields, settings_of, to_fields
from tui.screen.theme import Theme
from tui.settings_file import SettingsFile


def command(scene: Scene, text: str) -> list[Any]:
    return scene.press(":", *["space" if letter == " " else letter for letter in text], "enter")


def test_settings_written_and_read_are_the_same() -> None:
    chosen = ScreenSettings(
        Theme.MONO,
        (1, 2, 3, 4, 5),
        (("AAPL", 5), ("ACME", 2)),
        True,
        True,
        CHOSEN_AT_START - {Panel.CHART},
        Guards(500, Decimal("50000.50")),
    )
    assert from_fields(json.loads(json.dumps(to_fields(chosen)))) == (chosen, [])
    assert from_fields({}) == (ScreenSettings(), [])
    scene = busy(120, 36)
    apply_settings(scene.model, chosen)
    assert settings_of(scene.model) == chosen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("presets", [1, 2, 3]),
        ("presets", [5, 4, 3, 2, 1]),
        ("presets", [1, 2, 3, 4, True]),
        ("presets", 7),
        ("grouping", {"ACME": 3}),
        ("grouping", []),
        ("confirmations", "never"),
        ("bell_on_fills", 1),
        ("panels", ["heat", "tea"]),
        ("panels", [["heat"]]),
        ("order_max", 0),
        ("order_max", "5"),
        ("notional_max", "a lot"),
        ("notional_max", "-1"),
        ("notional_max", 1.5),
    ],
)
def test_a_value_that_makes_no_sense_is_told_and_the_usual_one_holds(name: str, value: object) -> None:
    settings, wrong = from_fields({"theme": "mono"} | {name: value})
    assert settings == ScreenSettings(theme=Theme.DEFAULT if name == "theme" else Theme.MONO)
    assert len(wrong) == 1 and wrong[0].startswith(f"{name} ")


def test_the_file_keeps_what_it_does_not_know_and_other_users(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    path.write_text('{"bob": {"theme": "mono"}, "alice": {"font": 1.5}, "version": 3}')
    SettingsFile(path, "alice").save({"theme": "red-green"})
    assert json.loads(path.read_text()) == {
        "bob": {"theme": "mono"},
        "alice": {"font": 1.5, "theme": "red-green"},
        "version": 3,
    }
    assert SettingsFile(path, "bob").load() == ({"theme": "mono"}, None)
    assert SettingsFile(path, "carol").load() == ({}, None)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 1, "a": 2}', "\x00"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tokens" / "screen.json"
    path.parent.mkdir()
    path.write_text(text)
    fields, notice = SettingsFile(path, "alice").load()
    assert fields == {} and notice is not None and "screen.json.damaged-1" in notice
    assert path.with_name("screen.json.damaged-1").read_text() == text
    path.write_text("}")
    SettingsFile(path, "alice").save({"theme": "mono"})
    assert json.loads(path.read_text()) == {"alice": {"theme": "mono"}}
    assert path.with_name("screen.json.damaged-2").read_text() == "}"


def test_a_change_is_saved_and_the_next_screen_begins_with_it(tmp_path: Path) -> None:
    scene, file = busy(120, 36), SettingsFile(tmp_path / "screen.json", "alice")
    saved = SavedSettings(file)
    saved.restore(scene.model)
    for keys in ("T", ">"):
        assert Effect.SAVE_SETTINGS in scene.press(keys)
    for text in ("set bell on", "set confirm always", "presets 2 4 6 8 10", "panel chart"):
        assert Effect.SAVE_SETTINGS in command(scene, text)
    assert Effect.SAVE_SETTINGS not in [*scene.press("down"), *command(scene, "set")]
    assert saved.save(scene.model) is None
    later = busy(120, 36)
    SavedSettings(file).restore(later.model)
    assert settings_of(later.model) == settings_of(scene.model) != ScreenSettings()


def test_what_made_no_sense_stays_in_the_file_until_it_is_chosen_anew(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    path.write_text('{"alice": {"presets": "many"}}')
    scene, saved = busy(120, 36), SavedSettings(SettingsFile(path, "alice"))
    saved.restore(scene.model)
    assert "presets 'many' makes no sense" in said(scene)
    scene.press("T")
    saved.save(scene.model)
    assert json.loads(path.read_text())["alice"] == {"presets": "many", "theme": "red-green"}


def test_a_disk_that_cannot_be_used_is_told_once_and_the_screen_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    saved, scene = SavedSettings(SettingsFile(tmp_path / "file" / "screen.json", "alice")), busy(120, 36)
    saved.restore(scene.model)
    assert "can't be read" in said(scene)
    scene.press("T")
    assert saved.save(scene.model) is None
    writable = SavedSettings(SettingsFile(tmp_path / "none" / "screen.json", "alice"))
    writable.restore(scene.model)
    (tmp_path / "none").write_text("")
    scene.press("T")
    failure = writable.save(scene.model)
    assert failure is not None and "can't be written" in failure
    scene.press("T")
    assert writable.save(scene.model) is None


def test_with_always_nothing_can_be_armed() -> None:
    scene = busy(120, 36)
    scene.press("a")
    assert scene.model.is_armed
    command(scene, "set confirm always")
    assert not scene.model.is_armed
    scene.press("a")
    assert not scene.model.is_armed and "ask before each order" in said(scene)
    command(scene, "set confirm unless-armed")
    scene.press("a")
    assert scene.model.is_armed


def test_the_bell_rings_for_fills_if_that_is_wanted() -> None:
    scene = busy(120, 36)
    assert command(scene, "set bell loud") == [] and said(scene) == "bell 'loud' must be off or on"
    command(scene, "set bell on")
    assert "bell on" in said(scene)
    assert scene.fill(9127, "BUY", 2000, 10, 50) == [Effect.RING]


def test_presets_are_what_the_keys_choose() -> None:
    scene = busy(120, 36)
    command(scene, "presets 2 4 6 8 1000")
    scene.press("5")
    assert scene.model.ticket.quantity == 1000
    scene.press("[")
    assert scene.model.ticket.quantity == 8
    command(scene, "presets 5 4 3 2 1")
    assert "smallest first" in said(scene)
