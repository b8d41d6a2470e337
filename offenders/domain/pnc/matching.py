"""SQL that brings PNC's circulations and the register's wants together, each with each once.

Its pieces are read as one WITH, with the values `force` and `complete_at`. A row is that of a
person by the sender's word, by valid PNC ID, or by a valid CRO number that one person has; name
and date of birth alone make a person possible and are never taken as the person's.
"""

from __future__ import annotations

from typing import Final

from offenders.domain.pnc.rules import REFERENCE_MARKS

# How references are compared: `rules.reference_key` as SQL.
REFERENCE_KEY: Final = f"nullif(translate(upper({{column}}), '{REFERENCE_MARKS}', ''), '')"

_ROWS: Final = f"""
    held AS MATERIALIZED (
        SELECT c.id, c.person_id, c.pnc_id, c.cro_number, c.family_key, c.given_key,
               c.date_of_birth, c.offence_code, c.is_wanted, c.circulated_at,
               c.first_received_at, c.received_at, c.seen_at,
               {REFERENCE_KEY.format(column="c.pnc_reference")} AS reference_key
        FROM pnc_circulations c WHERE c.force = :force AND c.gone_at IS NULL),
    identified_row AS MATERIALIZED (
        SELECT h.*,
               (SELECT i.person_id FROM person_identifiers i
                WHERE i.force = :force AND i.type = 'pnc_id' AND i.state = 'valid'
                  AND i.value = h.pnc_id) AS pnc_holder,
               (SELECT (array_agg(i.person_id))[1] FROM person_identifiers i
                WHERE i.force = :force AND i.type = 'cro_number' AND i.state = 'valid'
                  AND i.value = h.cro_number
                HAVING count(DISTINCT i.person_id) = 1) AS cro_holder
        FROM held h),
    named AS MATERIALIZED (
        SELECT r.*, coalesce(r.person_id, r.pnc_holder, r.cro_holder) AS holder
        FROM identified_row r),
    want AS MATERIALIZED (
        SELECT w.id, w.person_id, w.risk, w.offence_code, w.circulation, w.circulated_at,
               w.circulation_cancelled_at, w.entered_at, w.outcome_at,
               w.state = 'outstanding' AS is_open,
               {REFERENCE_KEY.format(column="w.pnc_reference")} AS reference_key
        FROM wants w
        WHERE w.force = :force
          AND (w.state = 'outstanding' OR w.circulation <> 'not_circulated'
               OR w.person_id IN (SELECT n.holder FROM named n)))
"""
# One circulation may stand for several wants that name its reference. Of closed wants the last
# one counts, and none where one is still open.
_BY_REFERENCE: Final = """
    by_reference AS MATERIALIZED (
        SELECT x.row_id, x.want_id
        FROM (SELECT n.id AS row_id, w.id AS want_id, w.is_open,
                     bool_or(w.is_open) OVER (PARTITION BY n.id) AS has_open,
                     row_number() OVER (PARTITION BY n.id
                                        ORDER BY w.outcome_at DESC NULLS LAST, w.id) AS place
              FROM named n JOIN want w ON w.reference_key = n.reference_key
              WHERE w.is_open OR w.circulation <> 'cancelled' OR n.circulated_at IS NULL
                 OR n.circulated_at <= w.circulation_cancelled_at) x
        WHERE CASE WHEN x.has_open THEN x.is_open ELSE x.place = 1 END)
"""
# What remains of a person is paired place by place: same offence first, then what nothing
# contradicts. `claim` puts wants said to be on PNC first, and of them those without reference.
_BY_PERSON: Final = """
    free_row AS MATERIALIZED (
        SELECT n.* FROM named n
        WHERE n.is_wanted AND n.holder IS NOT NULL
          AND NOT EXISTS (SELECT FROM by_reference b WHERE b.row_id = n.id)),
    free_want AS MATERIALIZED (
        SELECT w.*, CASE WHEN w.circulation NOT IN ('requested', 'circulated') THEN 2
                         WHEN w.reference_key IS NULL THEN 0 ELSE 1 END AS claim
        FROM want w
        WHERE w.is_open AND w.person_id IN (SELECT r.holder FROM free_row r)
          AND NOT EXISTS (SELECT FROM by_reference b WHERE b.want_id = w.id)),
    by_offence AS MATERIALIZED (
        SELECT r.id AS row_id, w.id AS want_id
        FROM (SELECT r.*, row_number() OVER (PARTITION BY r.holder, r.offence_code
                                             ORDER BY r.circulated_at, r.id) AS place
              FROM free_row r) r
        JOIN (SELECT w.*, row_number() OVER (PARTITION BY w.person_id, w.offence_code
                                             ORDER BY w.claim, w.entered_at, w.id) AS place
              FROM free_want w) w
          ON w.person_id = r.holder AND w.offence_code = r.offence_code AND w.place = r.place),
    by_claim AS MATERIALIZED (
        SELECT r.id AS row_id, w.id AS want_id
        FROM (SELECT r.*, row_number() OVER (PARTITION BY r.holder
                                             ORDER BY r.circulated_at, r.id) AS place
              FROM free_row r
              WHERE NOT EXISTS (SELECT FROM by_offence b WHERE b.row_id = r.id)) r
        JOIN (SELECT w.*, row_number() OVER (PARTITION BY w.person_id
                                             ORDER BY w.claim, w.entered_at, w.id) AS place
              FROM free_want w
              WHERE (w.claim = 0 OR w.offence_code IS NULL)
                AND NOT EXISTS (SELECT FROM by_offence b WHERE b.want_id = w.id)) w
          ON w.person_id = r.holder AND w.place = r.place),
    by_silence AS MATERIALIZED (
        SELECT r.id AS row_id, w.id AS want_id
        FROM (SELECT r.*, row_number() OVER (PARTITION BY r.holder
                                             ORDER BY r.circulated_at, r.id) AS place
              FROM free_row r
              WHERE r.offence_code IS NULL
                AND NOT EXISTS (SELECT FROM by_claim b WHERE b.row_id = r.id)) r
        JOIN (SELECT w.*, row_number() OVER (PARTITION BY w.person_id
                                             ORDER BY w.claim, w.entered_at, w.id) AS place
              FROM free_want w
              WHERE NOT EXISTS (SELECT FROM by_offence b WHERE b.want_id = w.id)
                AND NOT EXISTS (SELECT FROM by_claim b WHERE b.want_id = w.id)) w
          ON w.person_id = r.holder AND w.place = r.place),
    pair AS MATERIALIZED (
        SELECT * FROM by_reference UNION ALL SELECT * FROM by_offence
        UNION ALL SELECT * FROM by_claim UNION ALL SELECT * FROM by_silence)
"""
# A row left over is that of a closed want, else a double of a want that has its row, else of none.
_LEFT_OVER: Final = """
    left_row AS MATERIALIZED (
        SELECT r.* FROM free_row r WHERE NOT EXISTS (SELECT FROM pair b WHERE b.row_id = r.id)),
    of_closed AS MATERIALIZED (
        SELECT DISTINCT ON (r.id) r.id AS row_id, w.id AS want_id
        FROM left_row r JOIN want w ON w.person_id = r.holder AND NOT w.is_open
        WHERE (r.circulated_at IS NULL OR w.outcome_at >= r.circulated_at)
          AND NOT EXISTS (SELECT FROM by_reference b WHERE b.want_id = w.id)
          AND (w.circulation <> 'cancelled' OR w.reference_key IS NULL
               OR r.reference_key IS NULL)
          AND (w.offence_code = r.offence_code OR w.offence_code IS NULL
               OR r.offence_code IS NULL
               OR (w.circulation <> 'not_circulated' AND w.reference_key IS NULL))
        ORDER BY r.id, w.circulation = 'not_circulated', w.outcome_at DESC, w.id),
    doubled AS MATERIALIZED (
        SELECT DISTINCT ON (r.id) r.id AS row_id, w.id AS want_id
        FROM left_row r JOIN want w ON w.person_id = r.holder AND w.is_open
        WHERE (w.offence_code = r.offence_code OR w.offence_code IS NULL
               OR r.offence_code IS NULL)
          AND EXISTS (SELECT FROM pair b WHERE b.want_id = w.id)
          AND NOT EXISTS (SELECT FROM of_closed o WHERE o.row_id = r.id)
        ORDER BY r.id, w.entered_at, w.id),
    linked AS MATERIALIZED (
        SELECT * FROM pair UNION ALL SELECT * FROM of_closed UNION ALL SELECT * FROM doubled),
    unnamed AS MATERIALIZED (
        SELECT n.* FROM named n
        WHERE n.is_wanted AND n.holder IS NULL
          AND NOT EXISTS (SELECT FROM by_reference b WHERE b.row_id = n.id)),
    possible AS MATERIALIZED (
        SELECT u.id AS row_id,
               (SELECT array_agg(DISTINCT t.person_id) FROM person_name_tokens t
                WHERE t.force = :force AND t.token = u.family_key AND t.part = 'family'
                  AND ((SELECT p.date_of_birth FROM persons p
                        WHERE p.force = :force AND p.id = t.person_id) = u.date_of_birth
                       OR EXISTS (SELECT FROM person_dates_of_birth b
                                  WHERE b.force = :force AND b.person_id = t.person_id
                                    AND b.date_of_birth = u.date_of_birth))
                  AND (u.given_key IS NULL
                       OR EXISTS (SELECT FROM person_name_tokens g
                                  WHERE g.force = :force AND g.person_id = t.person_id
                                    AND (g.token = u.given_key
                                         OR (g.part = 'given'
                                             AND (starts_with(g.token, u.given_key)
                                                  OR starts_with(u.given_key, g.token))))))
               ) AS people
        FROM unnamed u)
"""

MATCHING: Final = f"{_ROWS}, {_BY_REFERENCE}, {_BY_PERSON}, {_LEFT_OVER}"
