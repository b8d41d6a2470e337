"""The file transport: whole files only, durable, private, and the same place for a repeat."""

from __future__ import annotations

import os
import stat

import pytest

from offenders.domain.outbox.port import NotDelivered, Parcel
from offenders.ids import new_id
from offenders.outgoing.files import FileTransport


@pytest.fixture
def parcel():
    return Parcel(new_id("33"), "33", "acro.request", b'{"id":1}')


def test_a_message_becomes_a_file_for_its_owner_alone(tmp_path, parcel):
    receipt = FileTransport(tmp_path / "out")(parcel)
    [file] = (tmp_path / "out").iterdir()
    assert file.name == f"33-{parcel.id}.json"
    assert file.read_bytes() == parcel.body
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert receipt.had_it is False


def test_a_repeat_takes_the_same_place_and_is_known(tmp_path, parcel):
    send = FileTransport(tmp_path)
    assert [send(parcel).had_it, send(parcel).had_it] == [False, True]
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_crash_left_half_written_is_written_over(tmp_path, parcel):
    (tmp_path / f".33-{parcel.id}.part").write_bytes(b"x" * 1000)
    FileTransport(tmp_path)(parcel)
    [file] = tmp_path.iterdir()
    assert file.read_bytes() == parcel.body


def test_the_file_is_durable_before_it_is_named_and_its_name_after(tmp_path, parcel, monkeypatch):
    done = []
    fsync = os.fsync

    def noted(number):
        is_directory = stat.S_ISDIR(os.fstat(number).st_mode)
        done.append(("directory" if is_directory else "file", len(list(tmp_path.glob("*.json")))))
        fsync(number)

    monkeypatch.setattr(os, "fsync", noted)
    FileTransport(tmp_path)(parcel)
    assert done == [("file", 0), ("directory", 1)]


def test_no_reader_ever_sees_half_a_file(tmp_path, parcel, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotDelivered, match="file-OSError") as refused:
        FileTransport(tmp_path)(parcel)
    assert refused.value.is_away
    assert list(tmp_path.glob("*.json")) == []


def test_a_link_put_in_the_way_is_not_followed(tmp_path, parcel):
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / f".33-{parcel.id}.part").symlink_to(target)
    with pytest.raises(NotDelivered):
        FileTransport(tmp_path)(parcel)
    assert target.read_text() == "mine"


def test_a_directory_that_can_not_be_made_is_said(tmp_path, parcel):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDelivered, match="file-"):
        FileTransport(tmp_path / "file" / "out")(parcel)
