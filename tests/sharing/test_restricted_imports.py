"""What files say of a restricted person arrives, and nobody who is shut out sees it."""

from __future__ import annotations

from sharing_given import Sharing

from offenders.domain.imports.service import run_rows

ROW = {
    "source_ref": "A1",
    "family_name": "Protectorate",
    "given_names": "Ann",
    "date_of_birth": "1990-01-01",
}


class _Nowhere:
    def add(self, problems):
        assert not list(problems)


def test_an_import_goes_on_about_a_restricted_person(engine, committing_app, headers, fresh_force):
    def bring(kind, **row):
        told = {"force": fresh_force, "kind": kind, "requested_by": "test", "sink": _Nowhere()}
        return tuple(run_rows(engine, rows=[row], **told)[1:5])

    client = committing_app.test_client()
    sharing = Sharing(client, headers, fresh_force)
    assert bring("people", **ROW) == (1, 0, 0, 0)
    (person,) = sharing.get("people?name=protectorate", "supervisor").json["items"]
    sharing.restrict(person)
    assert bring("people", **ROW | {"given_names": "Anna"}) == (0, 1, 0, 0)
    want = {"source_ref": "W1", "person_source_ref": "A1", "reason": "named_suspect"}
    assert bring("wanted", **want, crime_reference="C/1") == (1, 0, 0, 0)
    assert sharing.get("wanted", "investigator").json["items"] == []
    assert sharing.get("people?name=protectorate", "investigator").json["items"] == []
    (seen,) = sharing.get("wanted", "supervisor").json["items"]
    assert seen["person"]["given_names"] == "Anna"
