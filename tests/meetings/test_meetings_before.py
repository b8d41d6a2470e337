"""Packs from before it was kept whom their counted rows are about, as after an upgrade."""

from __future__ import annotations

from meetings_given import Meetings, ahead, set_figure
from sqlalchemy import text


def test_an_older_pack_counts_nobody_who_is_restricted_since(
    committing_app, headers, fresh_force, owner
):
    """Also where they are beyond the rows of the whole pack: it says what the section says."""
    meetings = Meetings(committing_app.test_client(), headers, fresh_force)
    set_figure(meetings, rows_of_section=1)
    first = meetings.held()
    people = [meetings.person() for _ in range(3)]
    for hours, person in enumerate(people, start=1):
        subject = {"type": "person", "id": person["id"]}
        meetings.decided(first, subject=subject, due_at=ahead(hours))
    meeting = meetings.held()
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('app.force', :f, true)"), {"f": fresh_force})
        connection.execute(
            text(
                "UPDATE meeting_sections SET row_people = NULL, row_groups = NULL"
                " WHERE meeting_id = :id"
            ),
            meeting,
        )
    told = meetings.section(meeting, "carried_actions")
    assert (told["count"], told["shown"], told["more"]) == (3, 1, 2)
    assert told["groups"][0]["count"] == 3
    meetings.client.post(
        f"/v1/people/{people[2]['id']}/restrictions",
        json={"reason": "A witness under protection since today", "until": ahead(24)},
        headers=meetings.by("chief_officer", name="Restrictor"),
    )
    whole = meetings.section(meeting, "carried_actions")
    (alone,) = meetings.pack(meeting, query="?section=carried_actions").json["sections"]
    # What the group has lost nobody knows, so it and the sum of it are masked in both.
    for section in (whole, alone):
        assert (section["count"], section["groups"][0]["count"]) == (None, None)
        assert (section["more"], section["masked"]) == (None, ["count", "more"])
    assert (whole["shown"], alone["shown"]) == (1, 2)
