"""Settings and session: typed, sparse on disk, and a bad file never stops the start."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import Field

from deepvis_app import paths, settings
from deepvis_app.errors import UserError, one_line
from deepvis_app.files import write_whole
from deepvis_app.session import Session, load_session, save_session, session_path
from deepvis_app.settings import (
    AppearanceSettings,
    FitChoice,
    Section,
    Settings,
    SettingsGroup,
    Theme,
    check_settings,
    load_settings,
    save_changes,
    save_settings,
    settings_path,
    settings_with,
)
from deepvis_app.tiles import DIVERGING, SEQUENTIAL

GROUPS = ("appearance", "live", "capture", "folders", "keyboard")


def write(text: str) -> Path:
    path = settings_path()
    path.write_text(text, "utf-8")
    return path


def test_no_file_is_all_defaults_without_a_word() -> None:
    assert load_settings() == (Settings(), ())


def test_the_shipped_file_shows_every_default() -> None:
    shipped = tomllib.loads((paths.CONFIGS / "defaults.toml").read_text("utf-8"))
    assert Settings.model_validate(shipped) == Settings()
    for group in GROUPS:
        model = type(getattr(Settings(), group))
        assert set(model.model_fields) == {*shipped[group], *(["pictures"] * (group == "folders"))}


def test_the_settings_know_every_palette() -> None:
    fields = AppearanceSettings.model_fields
    assert get_args(fields["sequential_palette"].annotation) == SEQUENTIAL
    assert get_args(fields["diverging_palette"].annotation) == DIVERGING


def test_every_field_has_a_title_and_a_tooltip() -> None:
    for group in GROUPS:
        for name, field in type(getattr(Settings(), group)).model_fields.items():
            assert field.title, (group, name)
            assert field.description, (group, name)
            assert "\n" not in field.description, (group, name)


def test_a_change_comes_back_and_only_it_is_written() -> None:
    changed = (
        Settings()
        .with_value("appearance", "theme", "dark")
        .with_value("capture", "fit", "letterbox")
        .with_value("folders", "pictures", "/tmp/pictures")
        .with_value("keys", "freeze", ["F", "Ctrl+Space"])
    )
    save_settings(changed)
    assert tomllib.loads(settings_path().read_text("utf-8")) == {
        "version": 1,
        "appearance": {"theme": "dark"},
        "capture": {"fit": "letterbox"},
        "folders": {"pictures": "/tmp/pictures"},
        "keys": {"freeze": ["F", "Ctrl+Space"]},
    }
    loaded, messages = load_settings()
    assert loaded == changed
    assert messages == ()
    assert (loaded.appearance.theme, loaded.capture.fit) == (Theme.DARK, FitChoice.LETTERBOX)
    assert loaded.pictures_dir == Path("/tmp/pictures")


def test_a_default_set_again_leaves_the_file() -> None:
    dark = Settings().with_value("appearance", "theme", "dark")
    save_settings(dark.with_value("appearance", "theme", "auto"))
    assert tomllib.loads(settings_path().read_text("utf-8")) == {"version": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"appearance = [",  # cut in the middle of a write
        b"\xff\xfe\x00broken",
        b"\x00" * 100,
    ],
)
def test_a_broken_file_is_set_aside_and_reported(content: bytes) -> None:
    path = settings_path()
    path.write_bytes(content)
    loaded, messages = load_settings()
    assert loaded == Settings()
    assert len(messages) == 1
    assert "settings.toml.broken" in messages[0]
    assert "\n" not in messages[0]
    assert not path.exists()
    assert path.with_name("settings.toml.broken").read_bytes() == content
    assert load_settings() == (Settings(), ())


def test_a_look_at_a_broken_file_leaves_it() -> None:
    path = write("appearance = [")
    assert len(check_settings()) == 1
    path.write_text("live.threads = 'many'")
    assert len(check_settings()) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_in_the_file_s_place_does_not_stop_the_start() -> None:
    settings_path().mkdir()
    loaded, messages = load_settings()
    assert loaded == Settings()
    assert len(messages) == 1


def test_a_config_folder_that_cannot_be_made_does_not_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEEPVIS_CONFIG_DIR", str(tmp_path / "file" / "deepvis"))
    assert load_settings() == (Settings(), ())  # who keeps settings tells that there is no place
    assert load_session() == (Session(), ())
    with pytest.raises(UserError, match="DEEPVIS_CONFIG_DIR"):
        save_settings(Settings())
    with pytest.raises(UserError, match="DEEPVIS_CONFIG_DIR"):
        save_session(Session())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("live.percentile = 250", ("live.percentile", "at most 100", "250")),
        ("live.percentile = nan", ("live.percentile", "finite", "nan")),
        ("live.device = 'gpu'", ("live.device", "'gpu'")),
        ("live.threads = 'many'", ("live.threads", "whole number", "'many'")),
        ("appearance.theme = 'pink'", ("appearance.theme", "'auto', 'dark' or 'light'", "'pink'")),
        ("capture.camera_size = '640'", ("capture.camera_size", "'640'")),
        ("capture = 3", ("capture", "3")),
        ("keys.help = [1]", ("keys.help", "text", "1")),
        ("live.colour = 'red'", ("live.colour", "not known")),
        ("version = 7", ("version", "7")),
        ("version = [1]", ("version", "[1]")),
    ],
)
def test_one_wrong_value_costs_only_itself(line: str, words: tuple[str, ...]) -> None:
    path = write(f"keys.freeze = 'F'\nlive.score = 1\n{line}\n")
    loaded, messages = load_settings()
    assert loaded == Settings(keys={"freeze": ("F",)})
    assert len(messages) == 2
    assert any(all(word in message for word in words) for message in messages), messages
    assert not any("\n" in message for message in messages)
    assert path.with_name("settings.toml.broken").read_text() == path.read_text()


def test_a_byte_order_mark_is_no_fault() -> None:
    settings_path().write_bytes(b"\xef\xbb\xbflive.threads = 2\n")
    loaded, messages = load_settings()
    assert (loaded.live.threads, messages) == (2, ())


def test_an_older_version_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(data: dict[str, object]) -> dict[str, object]:
        data["live"] = {"threads": data.pop("cores")}
        return data

    monkeypatch.setitem(settings.MIGRATIONS, 0, rename)
    write("version = 0\ncores = 3\n")
    loaded, messages = load_settings()
    assert (loaded.live.threads, loaded.version, messages) == (3, 1, ())


def test_a_wrong_value_from_the_dialog_is_one_line() -> None:
    with pytest.raises(UserError) as caught:
        Settings().with_value("live", "percentile", 250)
    assert "live.percentile" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"live\.colour"):
        Settings().with_value("live", "colour", 1)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write("live.threads = 2\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        save_settings(Settings())
    assert path.read_text() == "live.threads = 2\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.touch()
    settings_path().symlink_to(real)
    save_settings(Settings().with_value("live", "threads", 2))
    assert settings_path().is_symlink()
    assert "threads = 2" in real.read_text()


def test_the_session_comes_back() -> None:
    session = Session(
        network="torchvision:resnet18",
        source="camera:0",
        layer="layer1.0.conv1",
        unit=3,
        units={"conv1": 7},
        panes=("layer1.0.conv1", "fc"),
        pinned_classes=(1, 5),
        hint_seen=True,
    )
    save_session(session)
    assert load_session() == (session, ())
    assert "weights" not in json.loads(session_path().read_text())


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", '{"unit": {'])
def test_a_broken_session_starts_anew(content: str) -> None:
    session_path().write_text(content)
    session, messages = load_session()
    assert session == Session()
    assert len(messages) == 1
    assert session_path().with_name("session.json.broken").read_text() == content


def test_what_is_valid_of_a_session_is_kept() -> None:
    session_path().write_text('{"unit": "x", "layer": "conv1", "from_the_future": 1}')
    session, messages = load_session()
    assert session == Session(layer="conv1")
    assert len(messages) == 2


@pytest.mark.parametrize("geometry", ["AdnQywADAAAAAA==", "AAAA", ""])
def test_window_bytes_are_kept(geometry: str) -> None:
    save_session(Session(window_geometry=geometry))
    assert load_session() == (Session(window_geometry=geometry), ())


def test_window_bytes_that_cannot_be_decoded_are_left_out() -> None:
    session_path().write_text('{"window_geometry": "AAA", "unit": 2}')
    session, messages = load_session()
    assert session == Session(unit=2)
    assert len(messages) == 1


def test_a_message_is_never_longer_than_one_line() -> None:
    assert one_line(ValueError("a\n  b")) == "a b"
    assert one_line(ValueError()) == "ValueError"


def test_what_killed_writers_left_is_swept_and_a_young_one_stays(tmp_path: Path) -> None:
    old, young = tmp_path / ".abc.deepvis-part", tmp_path / ".def.deepvis-part"
    other = tmp_path / ".settings.toml.abc"
    for file in (old, young, other):
        file.write_text("half")
    for file in (old, other):
        os.utime(file, (0, 0))
    write_whole(tmp_path / "session.json", "{}")
    assert sorted(p.name for p in tmp_path.iterdir()) == [young.name, other.name, "session.json"]


# Sections that parts of deepvis bring along


class PlaySettings(SettingsGroup):
    speed: float = Field(default=1.0, ge=0.1, le=4, title="Speed")
    loops: bool = Field(default=True, title="Loop")


SECTIONS = (Section("play", "Play", PlaySettings),)


def test_a_section_comes_back_and_its_wrong_values_cost_only_themselves() -> None:
    kind = settings_with(SECTIONS)
    assert kind is settings_with(SECTIONS)
    changed = kind().with_value("play", "speed", 2).with_value("live", "threads", 3)
    save_settings(changed)
    assert tomllib.loads(settings_path().read_text("utf-8")) == {
        "version": 1,
        "live": {"threads": 3},
        "play": {"speed": 2.0},
    }
    loaded, messages = load_settings(kind)
    assert (loaded, messages) == (changed, ())
    assert loaded.section(PlaySettings) == PlaySettings(speed=2)
    write("live.threads = 3\n[play]\nspeed = 9\nloops = false\n")
    loaded, messages = load_settings(kind)
    assert loaded.section(PlaySettings) == PlaySettings(loops=False)
    assert messages == ("settings.toml: play.speed must be at most 4, not 9",)


def test_settings_without_a_section_have_its_defaults() -> None:
    assert settings_with(()) is Settings
    assert Settings().section(PlaySettings) == PlaySettings()


def test_a_section_may_not_have_a_name_that_is_taken() -> None:
    with pytest.raises(ValueError, match="live"):
        settings_with((Section("live", "Live", PlaySettings),))


FOREIGN = """\
version = 1

[live]
threads = 2

[play]
speed = 9
when = 2026-01-31T12:00:00Z

[play.deep]
list = [1, [2.5, "x"]]
"""


def test_tables_that_are_nobody_s_here_are_kept_as_they_are() -> None:
    before = tomllib.loads(write(FOREIGN).read_text())
    loaded, messages = load_settings()
    assert messages == ()
    assert not settings_path().with_name("settings.toml.broken").exists()
    save_changes(loaded, loaded.with_value("live", "threads", 4))
    before["live"]["threads"] = 4
    assert tomllib.loads(settings_path().read_text()) == before
    save_settings(Settings())  # everything is reset
    del before["live"]
    assert tomllib.loads(settings_path().read_text()) == before


def test_what_another_window_set_in_a_section_stays() -> None:
    kind = settings_with(SECTIONS)
    save_settings(kind().with_value("play", "loops", False))
    save_changes(kind(), kind().with_value("play", "speed", 3))
    assert load_settings(kind)[0].section(PlaySettings) == PlaySettings(speed=3, loops=False)


def test_a_slip_in_a_table_s_name_is_told() -> None:
    write("[apearance]\ntheme = 'dark'\n")
    assert "apearance is not known" in load_settings()[1][0]
    assert settings_path().with_name("settings.toml.broken").exists()


def test_a_foreign_table_that_cannot_be_held_does_not_stop_the_writing() -> None:
    write("[play]\nlong = 99999999999999999999999\nspeed = 1\n")
    save_settings(Settings().with_value("live", "threads", 4))
    written = tomllib.loads(settings_path().read_text())
    assert (written["play"], written["live"]) == ({"speed": 1}, {"threads": 4})
