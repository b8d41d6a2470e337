"""Cases through the API: entered, met about, planned, shared, moved and ended."""

from __future__ import annotations

from mappa_given import day

MEETING = {"attendance": [{"agency": "police", "name": "OM1"}, {"agency": "probation"}]}


def test_a_case_is_entered_met_about_and_ended(mappa):
    case = mappa.given(level=2, lead_agency="probation", started_on=day(200))
    assert (case["category"], case["level"], case["state"]) == (1, 2, "community")
    assert (case["manager"], case["attendee"], case["lead_agency"]) == ("OM1", "OM1", "probation")
    assert case["agencies"] == ["police", "probation"]
    assert case["is_meeting_overdue"]
    assert [each["reference"] for each in mappa.list(meeting_overdue="true")] == [case["reference"]]
    (flag,) = mappa.flags()
    assert flag["because"]["figure"] == 16
    assert flag["because"]["unit"] == "weeks"
    assert [each["gap"] for each in flag["because"]["gaps"]] == [
        "meeting",
        "risk_plan",
        "local_summary",
    ]
    met = mappa.done(case, "meetings", **MEETING, minutes="All was said.", decisions=["Stay at 2"])
    assert not met["is_meeting_overdue"]
    assert met["meetings"][0]["minutes"] == "All was said."
    (flag,) = mappa.flags()
    assert [each["gap"] for each in flag["because"]["gaps"]] == ["risk_plan", "local_summary"]
    plan = {"risks": ["Contact with children"], "risk_to": ["children"]}
    planned = mappa.done(case, "risk-plans", **plan)
    signed = f"risk-plans/{planned['risk_plans'][0]['id']}/sign-offs"
    mappa.done(case, signed, role="supervisor")
    summary = {"risk_to": ["children"], "what_to_do_if_met": "Note whom they are with; call OM1"}
    mappa.done(case, "local-summaries", **summary)
    assert mappa.flags() == []
    left = mappa.done(case, "exits", reason="deceased")
    assert (left["stage"], left["levels"][0]["until"]) == ("closed", left["ended_at"])
    assert mappa.list() == []
