"""What the environment may say, and what is said to one that says it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from offenders.settings import Settings, SettingsError, read_settings


def test_nothing_set_means_an_embedded_database_on_this_machine_only():
    settings = read_settings({})
    assert settings == Settings(data_dir=Path("var").absolute())
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.log_format == "json"


def test_everything_can_be_set():
    settings = read_settings(
        {
            "OFFENDERS_DATABASE_URL": "postgresql://app@db/offenders",
            "OFFENDERS_DATABASE_OWNER_URL": "postgres://owner@db/offenders",
            "OFFENDERS_DATA_DIR": "/srv/offenders",
            "OFFENDERS_HOST": "0.0.0.0",
            "OFFENDERS_PORT": "8443",
            "OFFENDERS_OIDC_ISSUER": "https://login.example",
            "OFFENDERS_OIDC_AUDIENCE": "urn:offenders",
            "OFFENDERS_OIDC_TOKEN_TYPES": "at+jwt, JWT",
            "OFFENDERS_OIDC_CLIENTS": "mobile desktop",
            "OFFENDERS_LOG_FORMAT": "console",
        }
    )
    assert settings == Settings(
        database_url="postgresql://app@db/offenders",
        database_owner_url="postgres://owner@db/offenders",
        data_dir=Path("/srv/offenders"),
        host="0.0.0.0",
        port=8443,
        oidc_issuer="https://login.example",
        oidc_audience="urn:offenders",
        oidc_token_types=frozenset({"at+jwt", "JWT"}),
        oidc_clients=frozenset({"mobile", "desktop"}),
        log_format="console",
    )


def test_a_blank_setting_counts_as_not_set():
    assert read_settings({"OFFENDERS_PORT": " ", "OFFENDERS_DATABASE_URL": ""}).port == 8000


def test_the_owner_is_the_only_address_given_if_there_is_but_one():
    assert (
        read_settings({"OFFENDERS_DATABASE_URL": "postgresql://a/b"}).owner_url
        == "postgresql://a/b"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OFFENDERS_PORT", "eighty"),
        ("OFFENDERS_PORT", "0"),
        ("OFFENDERS_PORT", "65536"),
        ("OFFENDERS_PORT", "-1"),
        ("OFFENDERS_LOG_FORMAT", "xml"),
        ("OFFENDERS_DATABASE_URL", "mysql://db/offenders"),
        ("OFFENDERS_DATABASE_OWNER_URL", "db/offenders"),
    ],
)
def test_an_unusable_setting_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})


def test_an_issuer_needs_an_audience():
    with pytest.raises(SettingsError, match="Set OFFENDERS_OIDC_AUDIENCE"):
        read_settings({"OFFENDERS_OIDC_ISSUER": "https://login.example"})


@pytest.mark.parametrize("types", ["JWT", "at+jwt jwt"])
def test_tokens_of_type_jwt_need_a_list_of_clients(types):
    with pytest.raises(SettingsError, match="OFFENDERS_OIDC_CLIENTS"):
        read_settings({"OFFENDERS_OIDC_TOKEN_TYPES": types})
