"""The development issuer: the tokens it makes and the key file it keeps."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE
from time import sleep
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from tokens_given import AUDIENCE, NOW, P384_KEY, Clock, encoded, jwk, refusal

from offenders.api.tokens import TokenVerifier
from offenders.domain.actors import Actor
from offenders.issuer import (
    DEVELOPMENT_ISSUER,
    KeyUnusable,
    issue_token,
    load_or_make_key,
    public_keys,
)

if TYPE_CHECKING:
    from pathlib import Path


def verifier_of(data_dir: Path, clock: Clock) -> TokenVerifier:
    return TokenVerifier(
        issuer=DEVELOPMENT_ISSUER, audience=AUDIENCE, keys=public_keys(data_dir), now=clock
    )


def development_token(data_dir: Path, **options: Any) -> str:
    chosen = {"roles": ["response_officer"], "force": "33", "audience": AUDIENCE, "now": NOW}
    return issue_token(load_or_make_key(data_dir), **{**chosen, **options})


def test_a_development_token_is_accepted_with_all_it_says(tmp_path: Path) -> None:
    token = development_token(
        tmp_path, lpas=["NH"], neighbourhoods=("NH05", "NH04"), agency="probation", name="Ada Démo"
    )
    actor = verifier_of(tmp_path, Clock()).verify(token)
    assert actor.token_id
    assert actor == Actor(
        subject="dev-ada-demo",
        name="Ada Démo",
        roles=frozenset({"response_officer"}),
        force="33",
        lpas=frozenset({"NH"}),
        neighbourhoods=frozenset({"NH04", "NH05"}),
        agency="probation",
        token_id=actor.token_id,
        issued_at=NOW,
    )


def test_a_development_token_is_named_after_its_role_and_force(tmp_path: Path) -> None:
    actor = verifier_of(tmp_path, Clock()).verify(development_token(tmp_path))
    assert (actor.subject, actor.name) == ("dev-response_officer-33", "response_officer-33")


def test_a_development_analyst_has_no_force(tmp_path: Path) -> None:
    token = development_token(tmp_path, roles=["national_analyst"], force=None)
    actor = verifier_of(tmp_path, Clock()).verify(token)
    assert (actor.subject, actor.force) == ("dev-national_analyst", None)


def test_a_name_without_latin_letters_still_gives_a_subject(tmp_path: Path) -> None:
    verifier = verifier_of(tmp_path, Clock())
    subjects = [
        verifier.verify(development_token(tmp_path, name=name)).subject for name in ("李", "王")
    ]
    assert subjects[0] != subjects[1]
    assert all(each.startswith("dev-") and len(each) == 16 for each in subjects)


def test_two_development_tokens_have_ids_of_their_own(tmp_path: Path) -> None:
    verifier = verifier_of(tmp_path, Clock())
    ids = {verifier.verify(development_token(tmp_path)).token_id for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("hours", "lasts"), [(12, 43200), (0.5, 1800), (0.001, 3)], ids=["shift", "half", "seconds"]
)
def test_a_development_token_lasts_as_long_as_asked(
    tmp_path: Path, hours: float, lasts: int
) -> None:
    clock = Clock()
    verifier = verifier_of(tmp_path, clock)
    token = development_token(tmp_path, hours=hours)
    clock.move(seconds=lasts - 1)
    verifier.verify(token)
    clock.move(seconds=1)
    assert refusal(verifier, token)[0] == "expired"


def test_a_development_token_of_no_hours_has_expired(tmp_path: Path) -> None:
    token = development_token(tmp_path, hours=0)
    assert refusal(verifier_of(tmp_path, Clock()), token)[0] == "expired"


def test_the_key_is_named_by_its_thumbprint(tmp_path: Path) -> None:
    header = jwt.get_unverified_header(development_token(tmp_path))
    key = jwk(load_or_make_key(tmp_path), None)
    members = f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'
    kid = encoded(hashlib.sha256(members.encode()).digest())
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    assert public_keys(tmp_path).find_key(kid) is not None
    assert public_keys(tmp_path).find_key("another") is None


def test_the_key_of_another_data_directory_is_refused(tmp_path: Path) -> None:
    token = development_token(tmp_path / "one")
    assert refusal(verifier_of(tmp_path / "two", Clock()), token)[0] == "forged"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"roles": []}, "at least one role"),
        ({"roles": ["superuser"]}, "at least one role"),
        ({"force": None}, "Give the force"),
        ({"force": "3"}, "two digits"),
        ({"hours": -1}, "hours"),
        ({"hours": float("nan")}, "hours"),
        ({"hours": float("inf")}, "hours"),
    ],
)
def test_a_development_token_nobody_would_accept_is_not_made(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        development_token(tmp_path, **options)


def test_the_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    load_or_make_key(tmp_path / "var")
    folder = tmp_path / "var" / "issuer"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["key.pem"]


def test_many_processes_and_threads_agree_on_one_key(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from offenders.issuer import public_keys; sys.stdin.read();"
        "print(public_keys(pathlib.Path(sys.argv[1])).kid)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with (
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as first,
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as second,
        ThreadPoolExecutor(4) as pool,
    ):
        sleep(0.3)
        threads = pool.map(lambda _: public_keys(tmp_path).kid, range(8))
        said = [each.communicate()[0].strip() for each in (first, second)]
        kids = {*threads, *said}
    assert len(kids) == 1
    assert [each.name for each in (tmp_path / "issuer").iterdir()] == ["key.pem"]


def test_the_second_of_two_makers_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = public_keys(tmp_path).kid
    # The second has looked before the first was done, and so makes a key as well.
    monkeypatch.setattr("pathlib.Path.exists", lambda _: False)
    assert public_keys(tmp_path).kid == first


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_make_key(tmp_path)
    (tmp_path / "issuer" / "key.pem").chmod(0o644)
    with pytest.raises(KeyUnusable, match="Other users may read"):
        load_or_make_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----"])
def test_a_broken_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    load_or_make_key(tmp_path)
    (tmp_path / "issuer" / "key.pem").write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"key\.pem holds no usable key"):
        load_or_make_key(tmp_path)


def test_a_key_file_of_another_kind_is_named(tmp_path: Path) -> None:
    load_or_make_key(tmp_path)
    pem = P384_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "issuer" / "key.pem").write_bytes(pem)
    with pytest.raises(KeyUnusable, match="another kind"):
        load_or_make_key(tmp_path)


def test_a_data_directory_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(KeyUnusable, match="OFFENDERS_DATA_DIR"):
        load_or_make_key(blocked)
