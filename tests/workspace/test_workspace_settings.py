"""Settings come from four sources, the first one wins, and a mistake says where it stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.settings import Settings
from engine.workspace import load_settings, require_secret
from engine.workspace.example import settings_file


def load(folder: Path, **variables: str) -> Settings:
    """The settings of a folder whose secret files are in `secrets/`."""
    return load_settings(folder, environment={"LIFECYCLE_SECRETS_FOLDER": "secrets"} | variables)


def fault(folder: Path, **variables: str) -> str:
    """What a broken set of sources is refused with."""
    with pytest.raises(SettingsError) as refused:
        load(folder, **variables)
    return str(refused.value)


def test_a_folder_without_anything_has_the_defaults(tmp_path: Path) -> None:
    """No source is needed; paths are absolute all the same."""
    settings = load(tmp_path)
    assert settings.provider == "files"
    assert settings.outbox_folder == tmp_path / "outbox"
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path / 'lifecycle.db'}"


def test_the_sources_win_in_their_order(tmp_path: Path) -> None:
    """Environment, then `.env`, then secret files, then lifecycle.yaml."""
    (tmp_path / "secrets").mkdir()
    found = []
    for path, text in (
        ("lifecycle.yaml", "smtp_user: yaml\n"),
        ("secrets/lifecycle_smtp_user", "secret\n"),
        (".env", "LIFECYCLE_SMTP_USER=dotenv\nOTHER=1\n"),
    ):
        (tmp_path / path).write_text(text)
        found.append(load(tmp_path).smtp_user)
    found.append(load(tmp_path, LIFECYCLE_SMTP_USER="environment").smtp_user)
    assert found == ["yaml", "secret", "dotenv", "environment"]


@pytest.mark.parametrize(
    ("yaml", "line"),
    [
        ("tim_zone: UTC\n", "lifecycle.yaml:1:1: S101 there is no setting `tim_zone`; did you mean `time_zone`?"),
        (
            "\nprovider: sendgird\n",
            "lifecycle.yaml:2:11: S102 `provider` must be 'files', 'memory', 'smtp' or 'sendgrid'",
        ),
        ("rate: -3\n", "lifecycle.yaml:1:7: S102 `rate` must be greater than 0"),
        ("only_to: exmaple\n", "'exmaple' is neither an address nor a domain, such as ana@example.com"),
        ("redirect_to: nobody\n", "'nobody' is not an address, such as ana@example.com"),
        ("locale: zz_!!\n", "'zz_!!' is not a language, such as en, sv or en-GB"),
        ("time_zone: Mars\n", "'Mars' is not a time zone of the IANA list, such as Europe/Stockholm"),
        ("time_zone: localtime\n", "'localtime' is not a time zone of the IANA list, such as Europe/Stockholm"),
        ("time_zone: posix/UTC\n", "'posix/UTC' is not a time zone of the IANA list, such as Europe/Stockholm"),
        ("time_zone: right/UTC\n", "'right/UTC' is not a time zone of the IANA list, such as Europe/Stockholm"),
        ("time_zone: posixrules\n", "'posixrules' is not a time zone of the IANA list, such as Europe/Stockholm"),
        ("time_zone: Factory\n", "'Factory' is not a time zone of the IANA list, such as Europe/Stockholm"),
        ("tick_every: soon\n", "lifecycle.yaml:1:13: S102 `tick_every` is wrong: 'soon' is not a duration"),
        ("tick_every: 0 seconds\n", "lifecycle.yaml:1:13: S102 `tick_every` must be greater than"),
        ("- provider\n", "lifecycle.yaml:1:1: S103 settings are lines of `name: value`"),
        ("locale: [a\n", "lifecycle.yaml:1:9: E106"),
    ],
)
def test_a_mistake_in_lifecycle_yaml_has_its_place(tmp_path: Path, yaml: str, line: str) -> None:
    """The file, line and column, what is wrong, and what would be right."""
    (tmp_path / "lifecycle.yaml").write_text(yaml)
    assert line in fault(tmp_path)


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("LIFECYCLE_PROVIDERS", "files", "LIFECYCLE_PROVIDERS is not a setting; did you mean `LIFECYCLE_PROVIDER`?"),
        ("LIFECYCLE_CONNECTIONS", "4000", "LIFECYCLE_CONNECTIONS must be less than or equal to 256"),
        ("LIFECYCLE_SMTP_PORT", "smtp", "LIFECYCLE_SMTP_PORT must be a valid integer"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, variable: str, text: str, sentence: str
) -> None:
    """Also in `.env`, which is named then."""
    assert fault(tmp_path, **{variable: text}) == sentence
    (tmp_path / ".env").write_text(f"{variable}={text}\n")
    assert fault(tmp_path) == f"{tmp_path / '.env'}: {sentence}"


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """One line a mistake, whatever source it is in."""
    (tmp_path / "lifecycle.yaml").write_text("rate: 0\nconections: 3\n")
    assert len(fault(tmp_path, LIFECYCLE_SMPT_PORT="1").splitlines()) == 3


def test_variables_of_commands_are_not_mistaken_for_settings(tmp_path: Path) -> None:
    """An option's variable is known; it is no setting."""
    variables = {"LIFECYCLE_OUTBOX_LIST_LIMIT": "3"}
    assert load_settings(tmp_path, environment=variables, known=variables).rate == Settings().rate


def test_no_value_of_a_secret_is_in_a_sentence(tmp_path: Path) -> None:
    """A refused secret is named, never shown."""
    (tmp_path / "lifecycle.yaml").write_text("smtp_password: [hunter2]\n")
    said = fault(tmp_path)
    assert "hunter2" not in said
    assert "`smtp_password` does not belong into this file; put LIFECYCLE_SMTP_PASSWORD into .env" in said


def test_words_are_split_at_commas_and_durations_are_read(tmp_path: Path) -> None:
    """The environment has only texts, so lists and durations are written as people write them."""
    settings = load(tmp_path, LIFECYCLE_ONLY_TO="a@x.test, y.test,", LIFECYCLE_TICK_EVERY="2 minutes")
    assert settings.only_to == ("a@x.test", "y.test")
    assert settings.tick_every == timedelta(minutes=2)


def test_a_relative_sqlite_path_starts_at_the_workspace(tmp_path: Path) -> None:
    """So that a command finds the same database from any folder."""
    settings = load(tmp_path, LIFECYCLE_DATABASE_URL="sqlite:///data/state.db")
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path / 'data/state.db'}"


def test_without_a_secret_nothing_is_hashed(tmp_path: Path) -> None:
    """An empty key would make addresses guessable, so it is refused where one is needed."""
    with pytest.raises(SettingsError, match="LIFECYCLE_SECRET is not set"):
        require_secret(load(tmp_path))
    assert require_secret(load(tmp_path, LIFECYCLE_SECRET="k")) == "k"


def test_the_example_file_shows_the_defaults_and_is_sound(tmp_path: Path) -> None:
    """With every line of the example uncommented, the settings are the defaults."""
    lines = [line.removeprefix("# ") for line in settings_file().splitlines() if ": " in line and line[2:3].islower()]
    names = set(Settings.model_fields)
    (tmp_path / "lifecycle.yaml").write_text("\n".join(line for line in lines if line.split(":")[0] in names))
    assert load(tmp_path).model_dump(exclude={"secrets_folder"}) == load(tmp_path.parent).model_dump(
        exclude={"secrets_folder"}
    ) | {name: getattr(load(tmp_path), name) for name in ("workspace", "outbox_folder", "state_folder", "database_url")}
