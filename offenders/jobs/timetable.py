"""The timetable: every job, when it runs in Europe/London, and what a missed slot means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from apscheduler.triggers.cron import CronTrigger

from offenders.domain.working_days import LONDON
from offenders.jobs import (
    acro,
    audit,
    bail,
    custody,
    forensics,
    housekeeping,
    iom,
    mappa,
    meetings,
    orders,
    persons,
    pnc,
    registrations,
    sharing,
    subscriptions,
    tasks,
    wanted,
)
from offenders.jobs.runner import Job

TIMEZONE = "Europe/London"
EVERY_MINUTE = "* * * * *"
EVERY_TEN_MINUTES = "*/10 * * * *"  # for what falls due by the day, midnight among its slots

JOBS = (
    Job(
        name="overdue-arrests",
        does="Flags wants that were not ended by their target to arrest.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=wanted.flag_overdue_arrests,
        raises_flags=True,
    ),
    Job(
        name="wanted-reviews",
        does="Flags wants whose review by a supervisor is overdue.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=wanted.flag_overdue_reviews,
        raises_flags=True,
    ),
    Job(
        name="wanted-validations",
        does="Flags wants that their owner has not confirmed in time as still right.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=wanted.flag_overdue_validations,
        raises_flags=True,
    ),
    Job(
        name="wanted-without-activity",
        does="Flags wants without a tracing action in time.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=wanted.flag_without_activity,
        raises_flags=True,
    ),
    Job(
        name="marker-reviews",
        does="Flags people with a warning marker whose day of review has ended.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=persons.flag_marker_reviews,
        raises_flags=True,
    ),
    Job(
        name="bail-due",
        does="Flags bail that ends, is unanswered or has lapsed, and reviews without bail.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=bail.flag_bail_due,
        raises_flags=True,
    ),
    Job(
        name="uncirculated-wants",
        does="Flags wants not circulated on PNC within the time set.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=pnc.flag_uncirculated,
        raises_flags=True,
    ),
    Job(
        name="uncancelled-circulations",
        does="Flags closed wants whose cancellation on PNC is not confirmed.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=pnc.flag_uncancelled,
        raises_flags=True,
    ),
    Job(
        name="missing-pnc-checks",
        does="Flags detentions without a PNC check within the time set.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=custody.flag_missing_pnc_checks,
        raises_flags=True,
    ),
    Job(
        name="pnc-differences",
        does="Flags every difference between PNC's last file and the wanted register.",
        cron="*/5 * * * *",
        catch_up="once",
        effect_in=pnc.flag_differences,
        raises_flags=True,
    ),
    Job(
        name="missing-acro-checks",
        does="Flags foreign nationals arrested whose conviction check was not requested in time.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=acro.flag_missing,
        raises_flags=True,
    ),
    Job(
        name="overdue-acro-replies",
        does="Flags foreign-conviction requests without a reply, and traces not assessed.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=acro.flag_replies,
        raises_flags=True,
    ),
    Job(
        name="overdue-forensic-hits",
        does="Flags forensic hits whose research, allocation or arrest is overdue.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=forensics.flag_overdue_hits,
        raises_flags=True,
    ),
    Job(
        name="registration-visits",
        does="Flags registered people whose home visit or review without visits is overdue.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=registrations.flag_visits,
        raises_flags=True,
    ),
    Job(
        name="registration-notifications",
        does="Flags notifications not made, and periods that are over and not closed.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=registrations.flag_notifications,
        raises_flags=True,
    ),
    Job(
        name="arms-assessments",
        does="Flags registered people without a current ARMS assessment.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=registrations.flag_assessments,
        raises_flags=True,
    ),
    Job(
        name="iom-reviews",
        does="Flags IOM reviews, plan actions, nominations and leads that somebody must see to.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=iom.flag_iom_reviews,
        raises_flags=True,
    ),
    Job(
        name="mappa-meetings",
        does="Flags MAPPA cases whose meeting, minutes, plan, action or summary is due.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=mappa.flag_meetings,
        raises_flags=True,
    ),
    Job(
        name="caseload",
        does="Flags offender managers with more people in the community than the limit.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=mappa.flag_caseload,
        raises_flags=True,
    ),
    Job(
        name="expiring-orders",
        does="Lets orders begin and expire by the day, and flags those that expire soon.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=orders.flag_expiring,
        raises_flags=True,
    ),
    Job(
        name="unmonitored-orders",
        does="Flags orders in force whose monitoring nobody has accepted.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=orders.flag_unmonitored,
        raises_flags=True,
    ),
    Job(
        name="unreviewed-orders",
        does="Flags orders whose review is due.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=orders.flag_unreviewed,
        raises_flags=True,
    ),
    Job(
        name="order-checks",
        does="Flags orders whose compliance check is due.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=orders.flag_unchecked,
        raises_flags=True,
    ),
    Job(
        name="unactioned-breaches",
        does="Flags breaches of orders without action or management review.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=orders.flag_breaches,
        raises_flags=True,
    ),
    Job(
        name="emergency-access-reviews",
        does="Flags emergency access that no second person has reviewed in time.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=sharing.flag_unreviewed,
        raises_flags=True,
    ),
    Job(
        name="followed-tasks",
        does="Makes and ends the tasks of checks, reviews, visits and actions that fall due.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=tasks.follow_all,
    ),
    Job(
        name="overdue-tasks",
        does="Flags tasks not done by their due time, first to the owner, then above them.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=tasks.flag_overdue,
        raises_flags=True,
    ),
    Job(
        name="failing-subscriptions",
        does="Pauses subscriptions whose receiver has failed for days, and flags them.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=subscriptions.flag_failing,
        raises_flags=True,
    ),
    Job(
        name="daily-meetings",
        does="Draws the packs of daily meetings at the hour set, where the force has said so.",
        cron=EVERY_TEN_MINUTES,
        catch_up="once",
        effect_in=meetings.draw_packs,
        steps_in=meetings.packs_to_draw,
    ),
    Job(
        name="read-budgets",
        does="Flags readers who have used much or all of their daily budget of people.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=sharing.flag_budgets,
        raises_flags=True,
    ),
    Job(
        name="audit-seal",
        does="Seals the audit, so that whatever is altered later is found.",
        cron=EVERY_MINUTE,
        catch_up="once",
        effect_in=audit.seal_audit,
    ),
    Job(
        name="housekeeping",
        does="Deletes first answers, reading budgets, runs, revocations and packs past their time.",
        cron="10 4 * * *",
        catch_up="once",
        effect_in=housekeeping.tidy_up,
    ),
)

# A slot is looked for in ever longer stretches, so that a job of every minute is found at once.
_LOOK_BACK = (timedelta(minutes=2), timedelta(hours=26), timedelta(days=32), timedelta(days=367))
_MOMENT = timedelta(microseconds=1)


def find_job(name: str) -> Job | None:
    """Give the job of this name."""
    return next((job for job in JOBS if job.name == name), None)


def next_slot(job: Job, now: datetime) -> datetime:
    """Give the first slot after a moment, in UTC."""
    found = _fire_after(job, now + _MOMENT)
    if found is None:
        message = f"The cron line of {job.name} never comes."
        raise ValueError(message)
    return found


def latest_slot(job: Job, now: datetime) -> datetime | None:
    """Give the last slot that is not after a moment, in UTC."""
    for stretch in _LOOK_BACK:
        slot = _fire_after(job, now - stretch)
        if slot is None or slot > now:
            continue
        while (later := _fire_after(job, slot + _MOMENT)) is not None and later <= now:
            slot = later
        return slot
    return None


def _fire_after(job: Job, moment: datetime) -> datetime | None:
    found: datetime | None = _trigger(job.cron).get_next_fire_time(None, moment)
    return None if found is None else found.astimezone(UTC)


@cache
def _trigger(cron: str) -> Any:
    return CronTrigger.from_crontab(cron, timezone=LONDON)
