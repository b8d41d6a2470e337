"""SQL of every difference between PNC and register: kind, want, circulation, person, since when.

It goes on from `matching.MATCHING` in one WITH and ends in `difference`. That something is not
on PNC follows only from a full extract, received at `complete_at` (null: none ever was), and
only for what was so here before it came.
"""

from __future__ import annotations

from typing import Final

from offenders.domain.pnc.matching import MATCHING, REFERENCE_KEY

# A cancellation recorded here after PNC was last seen to hold the row is believed until then.
_STATE: Final = """
    CASE WHEN w.circulation = 'cancelled' AND w.circulation_cancelled_at > r.seen_at THEN NULL
         WHEN w.circulation = 'cancelled' THEN 'cancelled_here'
         WHEN NOT w.is_open THEN 'closed_here'
         WHEN w.circulation <> 'circulated' AND r.is_wanted THEN 'not_marked_here' END
"""
_STATE_SINCE: Final = """
    CASE WHEN w.circulation = 'cancelled'
         THEN greatest(w.circulation_cancelled_at, r.circulated_at)
         WHEN NOT w.is_open THEN greatest(w.outcome_at, r.circulated_at)
         ELSE greatest(w.entered_at, r.first_received_at) END
"""
_OF_ROWS: Final = f"""
    of_linked AS (
        SELECT k.kind, w.id AS want_id, r.id AS row_id, w.person_id, k.since
        FROM (SELECT * FROM pair UNION ALL SELECT * FROM of_closed) b
        JOIN named r ON r.id = b.row_id JOIN want w ON w.id = b.want_id
        CROSS JOIN LATERAL (VALUES
            ({_STATE}, {_STATE_SINCE}),
            (CASE WHEN w.is_open AND w.reference_key <> r.reference_key
                  THEN 'reference_differs' END, r.received_at),
            (CASE WHEN w.is_open AND w.offence_code <> r.offence_code
                   AND NOT EXISTS (SELECT FROM pair o JOIN want ow ON ow.id = o.want_id
                                   WHERE o.row_id = r.id AND ow.offence_code = r.offence_code)
                  THEN 'offence_differs' END, r.received_at),
            (CASE WHEN w.is_open AND w.circulation = 'circulated' AND NOT r.is_wanted
                  THEN 'report_type_differs' END, r.received_at)) k (kind, since)
        WHERE k.kind IS NOT NULL),
    of_left AS (
        SELECT CASE WHEN d.want_id IS NOT NULL THEN 'duplicate_on_pnc' ELSE 'no_want' END AS kind,
               d.want_id, r.id AS row_id, r.holder AS person_id, r.first_received_at AS since
        FROM left_row r LEFT JOIN doubled d ON d.row_id = r.id
        WHERE NOT EXISTS (SELECT FROM of_closed o WHERE o.row_id = r.id)),
    of_unnamed AS (
        SELECT CASE WHEN p.people IS NULL THEN 'person_unknown' ELSE 'person_possible' END AS kind,
               u.id AS row_id, p.people, u.first_received_at AS since
        FROM unnamed u LEFT JOIN possible p ON p.row_id = u.id)
"""
_HAS_VALID: Final = """
    EXISTS (SELECT FROM person_identifiers i
            WHERE i.force = :force AND i.person_id = {person} AND i.state = 'valid'
              AND i.type IN ('pnc_id', 'cro_number'))
"""
_OF_WANTS: Final = f"""
    gone AS MATERIALIZED (
        SELECT {REFERENCE_KEY.format(column="c.pnc_reference")} AS reference_key,
               max(c.gone_at) AS gone_at
        FROM pnc_circulations c WHERE c.force = :force AND c.gone_at IS NOT NULL GROUP BY 1),
    lacking AS MATERIALIZED (
        SELECT w.*, coalesce(w.circulated_at, w.entered_at) AS marked_at, g.gone_at
        FROM want w LEFT JOIN gone g ON g.reference_key = w.reference_key
        WHERE NOT EXISTS (SELECT FROM pair b WHERE b.want_id = w.id)),
    of_open AS (
        SELECT CASE WHEN w.gone_at >= w.marked_at THEN 'cancelled_on_pnc'
                    WHEN w.reference_key IS NULL AND NOT {_HAS_VALID.format(person="w.person_id")}
                    THEN 'unmatchable' ELSE 'not_on_pnc' END AS kind,
               w.id AS want_id, w.person_id,
               CASE WHEN w.gone_at >= w.marked_at THEN w.gone_at
                    ELSE (SELECT min(e.received_at) FROM pnc_extracts e
                          WHERE e.force = :force AND e.received_at >= w.marked_at) END AS since
        FROM lacking w
        WHERE w.is_open AND w.circulation = 'circulated' AND w.marked_at <= :complete_at),
    of_uncirculated AS (
        SELECT w.id AS want_id, w.person_id, w.counted_from AS since
        FROM (SELECT w.*, CASE WHEN w.circulation = 'cancelled'
                               THEN greatest(w.entered_at, w.circulation_cancelled_at)
                               ELSE w.entered_at END AS counted_from
              FROM lacking w WHERE w.is_open AND w.circulation <> 'circulated') w
        WHERE w.counted_from <= :complete_at
          AND w.counted_from + make_interval(hours => 24 * CAST(
                CAST(:days AS jsonb) -> 'uncirculated' ->> w.risk AS int)) < :now),
    of_ended AS (
        SELECT w.id AS want_id, w.person_id,
               (SELECT min(e.received_at) FROM pnc_extracts e
                WHERE e.force = :force AND e.received_at >= w.outcome_at) AS since
        FROM lacking w
        WHERE NOT w.is_open AND w.circulation = 'circulated' AND w.outcome_at <= :complete_at
          AND NOT EXISTS (SELECT FROM named n WHERE n.reference_key = w.reference_key)
          AND NOT EXISTS (SELECT FROM of_closed o JOIN left_row r ON r.id = o.row_id
                          WHERE r.holder = w.person_id)
          AND (w.reference_key IS NOT NULL OR {_HAS_VALID.format(person="w.person_id")}))
"""
# Each row that has a person, with the one want it is compared by; `other` is whom its
# identifiers name where that is somebody else. A given name that the other begins with is no
# other name: an initial, a short form, or two names written as one.
_OF_IDENTITY: Final = """
    identified AS MATERIALIZED (
        SELECT DISTINCT ON (n.id) n.*, w.id AS want_id,
               coalesce(w.person_id, n.holder) AS known_id,
               nullif(coalesce(n.pnc_holder, n.holder), coalesce(w.person_id, n.holder)) AS other
        FROM named n LEFT JOIN linked l ON l.row_id = n.id LEFT JOIN want w ON w.id = l.want_id
        WHERE coalesce(w.person_id, n.holder) IS NOT NULL AND (n.is_wanted OR w.id IS NOT NULL)
        ORDER BY n.id, w.is_open DESC, w.person_id <> n.holder DESC NULLS LAST, w.entered_at, w.id),
    of_identity AS (
        SELECT n.want_id, n.id AS row_id, n.known_id AS person_id, n.received_at AS since,
               CASE WHEN n.other IS NOT NULL THEN ARRAY[n.other] END AS people
        FROM identified n JOIN persons p ON p.force = :force AND p.id = n.known_id
        WHERE n.other IS NOT NULL
           OR (n.pnc_id IS NOT NULL AND n.pnc_holder IS NULL
               AND EXISTS (SELECT FROM person_identifiers i
                           WHERE i.force = :force AND i.person_id = p.id AND i.state = 'valid'
                             AND i.type = 'pnc_id'))
           OR (n.date_of_birth <> p.date_of_birth AND p.date_of_birth_precision = 'exact'
               AND NOT EXISTS (SELECT FROM person_dates_of_birth b
                               WHERE b.force = :force AND b.person_id = p.id
                                 AND b.date_of_birth = n.date_of_birth)
               AND NOT EXISTS (SELECT FROM person_names a
                               WHERE a.force = :force AND a.person_id = p.id
                                 AND a.date_of_birth = n.date_of_birth))
           OR (n.family_key IS NOT NULL
               AND NOT EXISTS (SELECT FROM person_name_tokens t
                               WHERE t.force = :force AND t.person_id = p.id
                                 AND t.token = n.family_key))
           OR (n.given_key IS NOT NULL
               AND EXISTS (SELECT FROM person_name_tokens t
                           WHERE t.force = :force AND t.person_id = p.id AND t.part = 'given')
               AND NOT EXISTS (SELECT FROM person_name_tokens t
                               WHERE t.force = :force AND t.person_id = p.id
                                 AND (t.token = n.given_key
                                      OR (t.part = 'given'
                                          AND (starts_with(t.token, n.given_key)
                                               OR starts_with(n.given_key, t.token)))))))
"""
_ALL: Final = """
    difference AS MATERIALIZED (
        SELECT kind, want_id, row_id, person_id, since, CAST(NULL AS uuid[]) AS people
        FROM of_linked
        UNION ALL SELECT kind, want_id, row_id, person_id, since, NULL FROM of_left
        UNION ALL SELECT kind, NULL, row_id, NULL, since, people FROM of_unnamed
        UNION ALL SELECT kind, want_id, NULL, person_id, since, NULL FROM of_open
        UNION ALL SELECT 'uncirculated', want_id, NULL, person_id, since, NULL
                  FROM of_uncirculated
        UNION ALL SELECT 'cancellation_not_recorded', want_id, NULL, person_id, since, NULL
                  FROM of_ended
        UNION ALL SELECT 'identity_differs', want_id, row_id, person_id, since, people
                  FROM of_identity)
"""

FINDING: Final = f"WITH {MATCHING}, {_OF_ROWS}, {_OF_WANTS}, {_OF_IDENTITY}, {_ALL}"
