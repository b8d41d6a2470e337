"""Why a person is among the offenders of a ward: SQL for each kind of reason over an outer `p`.

Each gives one row: items (JSON objects, joined by commas; null where there is no such reason),
ids, areas (wards of the reason itself that the reader may know), says (what to do if met), rank
(risk, 1 the gravest) and masked. All take `:force`, `:today`, `:now` and `:sees_protected`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders.domain.bail.service import POWER_ENDED
from offenders.domain.mappa import shown as mappa
from offenders.domain.orders.service import enforceable_of_person
from offenders.domain.registrations import shown as registrations
from offenders.domain.registrations.service import registered_of_person
from offenders.domain.wanted.asking import HIDDEN, TEAM, area

if TYPE_CHECKING:
    from offenders.domain.access import Scope
    from offenders.domain.briefings.seeing import StreetSight

    Part = tuple[str, dict[str, Any]]

RISKS: Final = ("very_high", "high", "medium", "standard", "low")
KINDS: Final = ("wanted", "iom", "order", "registered", "mappa")
# As `wanted.rules.safe_to_act` doubts a want, and in which order.
DOUBTS: Final = {
    "ground_gone": "A ground of this want was taken away. Ask the owner first.",
    "validation_overdue": "The owner has not confirmed it in time. Ask the owner before acting.",
    "warrant_missing": "No warrant number is recorded. Ask the court or the owner.",
    "power_ended": "The bail that gave the power has ended. Ask the owner which power applies.",
    "power_missing": "No power of arrest is recorded. Ask the owner which power applies.",
    "name_only": "Identity rests on the name alone. Make sure this is the person wanted.",
}


def rank(risk: str) -> str:
    """Give the place of a risk, 1 for the gravest; null for none."""
    return f"array_position(CAST(ARRAY{list(RISKS)!r} AS text[]), {risk})"


_POWER: Final = f"""
    CASE WHEN w.reason = 'court_warrant'
              THEN CASE WHEN btrim(coalesce(w.warrant_number, '')) = '' THEN 'warrant_missing' END
         WHEN w.reason = 'breach_of_bail' AND {POWER_ENDED} THEN 'power_ended'
         WHEN btrim(coalesce(w.power, '')) = '' THEN 'power_missing' END
"""
DOUBTED: Final = f"""
    array_remove(ARRAY[
        CASE WHEN w.doubted_at IS NOT NULL AND (w.last_validated_at > w.doubted_at) IS NOT TRUE
             THEN 'ground_gone' END,
        CASE WHEN w.validation_due_at < :now THEN 'validation_overdue' END,
        {_POWER},
        CASE WHEN (p.date_of_birth IS NULL OR p.date_of_birth_precision <> 'exact')
                  AND NOT EXISTS (SELECT FROM person_identifiers i
                                  WHERE i.force = p.force AND i.person_id = p.id
                                    AND i.state = 'valid')
             THEN 'name_only' END], NULL)
"""
_SAID: Final = orjson.dumps(DOUBTS).decode()
_BECAUSE: Final = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'code', d, 'detail', CAST('{_SAID}' AS json) ->> d)), '[]') FROM unnest(w.doubts) d)"""
_WANT: Final = f"""
    json_build_object(
        'type', 'wanted', 'id', w.id, 'reference', w.reference, 'reason', w.reason,
        'offence', w.offence, 'power', w.power, 'warrant_number', w.warrant_number,
        'risk', w.risk, 'priority', w.priority, 'domestic_abuse', w.domestic_abuse,
        'entered_at', w.entered_at, 'last_activity_at', w.last_activity_at,
        'owner_officer', w.owner_officer, 'owner_team', w.team, 'circulation', w.circulation,
        'act', CASE WHEN w.doubts = '{{}}' THEN 'yes' ELSE 'confirm_first' END,
        'because', {_BECAUSE})
"""
_WANTED: Final = f"""
    SELECT string_agg(CAST({_WANT} AS text), ',' ORDER BY w.rank, w.entered_at, w.id) AS items,
           array_agg(w.id) AS ids, array_agg(w.ward) AS areas,
           array_agg(CASE WHEN w.doubts = '{{}}' THEN 'Wanted, ' ELSE 'Confirm first, ' END
                     || w.reference || ': '
                     || coalesce(w.power, 'warrant ' || w.warrant_number, 'no power recorded')
                     || '.' ORDER BY w.rank, w.entered_at, w.id) AS says,
           min(w.rank) AS rank, CAST('{{}}' AS text[]) AS masked,
           bool_or(w.doubts = '{{}}') AS may_act,
           (array_agg({_BECAUSE} ORDER BY w.doubts <> '{{}}', w.rank, w.entered_at, w.id))[1]
               AS because,
           bool_or(w.domestic_abuse) AS is_domestic, max(w.last_activity_at) AS last_activity_at,
           max(w.validation_due_at) FILTER (WHERE w.validation_due_at < :now) AS turned_at,
           min(w.validation_due_at) FILTER (WHERE w.validation_due_at >= :now) AS turns_at
    FROM (SELECT w.*, {rank("w.risk")} AS rank, {area("neighbourhood")} AS ward, {TEAM} AS team,
                 {DOUBTED} AS doubts,
                 (SELECT o.title FROM offences o WHERE o.code = w.offence_code) AS offence
          FROM wants w CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
          WHERE {{condition}} AND w.person_id = p.id AND w.state = 'outstanding' OFFSET 0) w
"""
_CONVICTS: Final = "(m.catch_and_convict AND m.convict_until >= CAST(:today AS date))"
_HIDDEN_MEMBER: Final = "(NOT :sees_protected AND s.follows AND p.are_addresses_protected)"
_FOLLOWS: Final = "(m.lpa IS NULL AND m.neighbourhood IS NULL)"
_IOM: Final = f"""
    SELECT string_agg(CAST(json_build_object(
               'type', 'iom', 'id', m.id, 'reference', m.reference, 'scheme', m.scheme,
               'cohort', m.cohort, 'theme', m.theme, 'rating', m.rating, 'risk', m.risk,
               'catch_and_convict', {_CONVICTS}, 'lead_agency', m.lead_agency,
               'owner_officer', m.lead_officer, 'owner_team', m.lead_team) AS text), ','
               ORDER BY m.joined_on, m.id) AS items,
           array_agg(m.id) AS ids,
           array_agg(s.neighbourhood) FILTER (WHERE NOT {_HIDDEN_MEMBER}) AS areas,
           array_agg('Catch and convict, ' || m.reference || ': look for evidence of any offence'
                     || ' and tell the lead officer at once.') FILTER (WHERE {_CONVICTS}) AS says,
           min({rank("m.risk")}) AS rank, CAST('{{}}' AS text[]) AS masked
    FROM iom_members m
    CROSS JOIN LATERAL (
        SELECT m.force, m.person_id, m.recorded_by, {_FOLLOWS} AS follows,
               CASE WHEN {_FOLLOWS} THEN p.lpa ELSE m.lpa END AS lpa,
               CASE WHEN {_FOLLOWS} THEN p.neighbourhood ELSE m.neighbourhood END
                   AS neighbourhood) s
    WHERE {{condition}} AND m.force = :force AND m.person_id = p.id AND m.exited_at IS NULL
"""
_NOTHING: Final = """
    SELECT CAST(NULL AS text) AS items, CAST(NULL AS uuid[]) AS ids, CAST(NULL AS text[]) AS areas,
           CAST(NULL AS text[]) AS says, CAST(NULL AS int) AS rank, CAST('{}' AS text[]) AS masked
"""


def reasons(seen: StreetSight) -> tuple[dict[str, str], dict[str, Any]]:
    """Give the SQL of each kind by its name, and the values that all of them take."""
    parts = {
        "wanted": _wanted(seen.wanted),
        "iom": _iom(seen.iom),
        "order": _orders(seen),
        "registered": _registered(seen),
        "mappa": _mappa(seen),
    }
    values: dict[str, Any] = {}
    for _, own in parts.values():
        values |= own
    return {name: sql for name, (sql, _) in parts.items()}, values


def _wanted(scope: Scope | None) -> Part:
    if scope is None:
        more = """CAST(NULL AS boolean) AS may_act, CAST(NULL AS json) AS because,
                  CAST(NULL AS boolean) AS is_domestic,
                  CAST(NULL AS timestamptz) AS last_activity_at,
                  CAST(NULL AS timestamptz) AS turned_at,
                  CAST(NULL AS timestamptz) AS turns_at"""
        return f"{_NOTHING}, {more}", {}
    condition = scope.condition("w", "want_scope")
    return _WANTED.replace("{condition}", condition), scope.values_as("want_scope")


def _iom(scope: Scope | None) -> Part:
    if scope is None:
        return _NOTHING, {}
    return _IOM.replace("{condition}", scope.condition("s", "iom_scope")), scope.values_as(
        "iom_scope"
    )


def _orders(seen: StreetSight) -> Part:
    if seen.orders is None:
        return _NOTHING, {}
    sql, values = enforceable_of_person(seen.orders, seen.order_sight)
    return f"SELECT o.*, CAST(NULL AS int) AS rank FROM ({sql}) o", values


def _registered(seen: StreetSight) -> Part:
    if seen.registrations is None:
        return _NOTHING, {}
    source, values = registered_of_person(seen.registrations, sees_all=seen.registrations_in_full)
    sql = f"""
        SELECT string_agg(CAST(json_build_object(
                   'type', 'registered', 'id', r.id, 'reference', r.reference, 'state', s.state,
                   'risk', r.risk, 'local_summary', r.local_summary,
                   'owner_officer', r.owner_officer, 'owner_team', {registrations.TEAM})
                   AS text), ',' ORDER BY r.id) AS items,
               array_agg(r.id) AS ids,
               array_agg(s.neighbourhood) FILTER (WHERE NOT {registrations.HIDDEN}) AS areas,
               array_agg(r.local_summary) AS says, min({rank("r.risk")}) AS rank,
               CAST('{{}}' AS text[]) AS masked {source}
    """
    return sql, values


def _mappa(seen: StreetSight) -> Part:
    """Give cases to who may read them; to others each that a local summary tells of, and that."""
    if seen.mappa is None:
        return _NOTHING, {}
    case, risk = "", "CAST(NULL AS int)"
    if seen.mappa_cases:
        case = f""", 'category', c.category, 'level', c.level, 'risk', c.risk,
                   'owner_officer', c.owner_officer, 'owner_team', {mappa.TEAM}"""
        risk = f"min({rank('c.risk')})"
    sql = f"""
        SELECT string_agg(CAST(json_build_object(
                   'type', 'mappa', 'id', c.id, 'reference', c.reference,
                   'summary', CASE WHEN b.id IS NOT NULL THEN json_build_object(
                       'risk_to', b.risk_to, 'triggers', b.triggers,
                       'what_to_look_for', b.what_to_look_for,
                       'what_to_do_if_met', b.what_to_do_if_met,
                       'licence_conditions', b.licence_conditions, 'contact', b.contact) END{case})
                   AS text), ',' ORDER BY c.id) AS items,
               array_agg(c.id) AS ids,
               array_agg(s.neighbourhood) FILTER (WHERE NOT {mappa.HIDDEN}) AS areas,
               array_agg(b.what_to_do_if_met ORDER BY c.id) AS says, {risk} AS rank,
               CAST('{{}}' AS text[]) AS masked
        FROM mappa_cases c CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        {mappa.PLACED}
        {"LEFT" if seen.mappa_cases else ""} JOIN mappa_local_summaries b
          ON b.force = c.force AND b.case_id = c.id AND {mappa.SUMMARY_HOLDS}
        WHERE {seen.mappa.condition("s", "mappa_scope")} AND c.force = :force
          AND c.person_id = p.id AND c.stage = 'open'
    """
    return sql, seen.mappa.values_as("mappa_scope")


__all__ = ["DOUBTED", "DOUBTS", "HIDDEN", "KINDS", "RISKS", "rank", "reasons"]
