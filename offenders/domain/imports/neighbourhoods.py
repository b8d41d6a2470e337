"""Receiving neighbourhoods: GeoJSON features become areas with boundaries; a district is an LPA."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson
from sqlalchemy import text

from offenders.domain.imports import person_store, store
from offenders.domain.imports.batches import Received
from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    name,
)
from offenders.domain.imports.problems import Finding, ImportRefused, Refusal
from offenders.domain.imports.reading import Line, is_json
from offenders.domain.imports.staging import copy_into
from offenders.domain.wanted.service import follow_addresses
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch

COLUMNS: Final[Columns] = {
    "code": code,
    "name": name,
    "district_code": code,
    "district_name": name,
}
_RING_LENGTH: Final = 4  # points of the least ring, of which the last is the first again
_POINTS_LIMIT: Final = 100_000  # of one feature
_SHAPES: Final = ("Polygon", "MultiPolygon")

_UPSERT_LPAS = text("""
    INSERT INTO lpas (force, code, name)
    SELECT :force, code, name
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (code text, name text)
    ON CONFLICT (force, code) DO UPDATE SET name = excluded.name
    WHERE lpas.name <> excluded.name
""")
_FORGET_RINGS = text("""
    DELETE FROM neighbourhood_rings WHERE force = :force AND neighbourhood = ANY (:codes)
""")
# Addresses that came with a point before there was a boundary find their place now.
_UNPLACED = text("""
    SELECT id, longitude, latitude FROM person_addresses
    WHERE force = :force AND neighbourhood IS NULL AND longitude IS NOT NULL
""")
_PLACE = text("""
    UPDATE person_addresses a SET neighbourhood = p.neighbourhood
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS p (id, neighbourhood)
    WHERE a.force = :force AND a.id = p.id RETURNING a.person_id
""")
_FOLLOW_LPA = text("""
    SELECT p.id FROM persons p
    JOIN neighbourhoods n ON n.force = p.force AND n.code = p.neighbourhood
    WHERE p.force = :force AND n.code = ANY (:codes) AND p.lpa IS DISTINCT FROM n.lpa
""")


def read_features(stream: BinaryIO) -> Iterator[Line]:
    """Give the features of a GeoJSON file, numbered from 1."""
    if not is_json(stream):
        message = "The file is not GeoJSON. Send a FeatureCollection."
        raise ImportRefused(message)
    content = stream.read()
    try:
        collection = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        message = "The file is not JSON in UTF-8. Send a GeoJSON FeatureCollection."
        raise ImportRefused(message) from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or collection.get("type") != "FeatureCollection":
        message = "The file holds no FeatureCollection. Send GeoJSON with `type` and `features`."
        raise ImportRefused(message)
    return _lines(features, len(content))


def _lines(features: Sequence[Any], size: int) -> Iterator[Line]:
    for number, feature in enumerate(features, start=1):
        end = size * number // len(features)
        if isinstance(feature, dict):
            yield Line(number, feature, None, end)
        else:
            action = "Send a GeoJSON Feature with properties and geometry."
            yield Line(number, {}, Finding("", "This is not a feature.", action), end)


def check_neighbourhood(
    line: int, feature: Mapping[str, Any], facts: Facts
) -> Checked | list[Finding]:
    """Check a feature; the code is its source_ref. Properties that we don't know are left out."""
    properties = feature.get("properties")
    known = properties if isinstance(properties, dict) else {}
    given = {key: known.get(key) for key in COLUMNS}
    values, findings = check_values(given, COLUMNS, facts)
    bad = {finding.field for finding in findings}
    findings += [_missing(key) for key in COLUMNS if not values.get(key) and key not in bad]
    geometry = feature.get("geometry")
    try:
        rings = read_rings(geometry)
    except Refusal as refusal:
        findings.append(refusal.finding("geometry"))
    if findings:
        return findings
    return Checked(line, values["code"], {**values, "geometry": geometry, "rings": rings})


def _missing(key: str) -> Finding:
    return Finding(key, "The feature has no such property.", f"Send properties.{key}.")


def read_rings(geometry: Any) -> list[tuple[bool, str]]:
    """Give the rings of a Polygon or MultiPolygon as (is a hole, PostgreSQL polygon)."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind not in _SHAPES or not isinstance(coordinates, list):
        raise Refusal(
            problem="The boundary is no Polygon or MultiPolygon.",
            action="Send one with coordinates.",
        )
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not polygons or not all(isinstance(each, list) and each for each in polygons):
        raise Refusal(problem="The boundary has no ring.", action="Send at least one ring.")
    rings = [(place > 0, ring) for polygon in polygons for place, ring in enumerate(polygon)]
    if sum(len(ring) for _, ring in rings if isinstance(ring, list)) > _POINTS_LIMIT:
        raise Refusal(
            problem="The boundary has too many points.", action=f"Send at most {_POINTS_LIMIT}."
        )
    return [(is_hole, _ring(ring)) for is_hole, ring in rings]


def _ring(ring: Any) -> str:
    if not isinstance(ring, list) or len(ring) < _RING_LENGTH:
        raise Refusal(
            problem="A ring has fewer than four points.",
            action="Send closed rings of four or more.",
        )
    points = [_point(each) for each in ring]
    if points[0] != points[-1]:
        raise Refusal(
            problem="A ring is not closed.", action="End each ring with the point it begins with."
        )
    return f"({','.join(f'({x!r},{y!r})' for x, y in points)})"


def _point(point: Any) -> tuple[float, float]:
    try:
        x, y = point[0], point[1]
        is_on_earth = -180 <= x <= 180 and -90 <= y <= 90  # noqa: PLR2004 - degrees
    except (TypeError, LookupError):
        is_on_earth = False
    if not is_on_earth or isinstance(x, bool) or isinstance(y, bool):
        action = "Send points as [longitude, latitude] in degrees (WGS 84)."
        raise Refusal(problem="A point lies outside the degrees there are.", action=action)
    return float(x), float(y)


def receive_neighbourhoods(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of neighbourhoods, and put addresses with points into them."""
    sources = store.find_sources(session, batch.force, batch.kind, [r.source_ref for r in rows])
    received, changed, kept = Received(), [], []
    for each in rows:
        source, row = sources.get(each.source_ref), _received_row(each)
        if source is not None and source.row == row:
            received.unchanged += 1
            continue
        received.created += source is None
        received.updated += source is not None
        changed.append(each.row)
        subject = source.subject_id if source else new_id(batch.force)
        kept.append((each.source_ref, subject, row))
    if changed:
        _write(session, batch, changed)
        store.keep_sources(session, batch.force, batch.kind, batch.import_id, kept)
        _place_people(session, batch, [row["code"] for row in changed])
    return received, {}


def _received_row(checked: Checked) -> dict[str, Any]:
    """Keep a digest of the boundary: it is long, and lies in the neighbourhood itself."""
    geometry = orjson.dumps(checked.row["geometry"], option=orjson.OPT_SORT_KEYS)
    properties = {key: checked.row[key] for key in COLUMNS}
    return {**properties, "geometry": sha256(geometry).hexdigest()}


def _write(session: Session, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
    districts = {row["district_code"]: row["district_name"] for row in rows}
    listed = [{"code": code, "name": name} for code, name in districts.items()]
    session.execute(_UPSERT_LPAS, {"force": batch.force, "rows": store.as_json(listed)})
    copy_into(
        session,
        "neighbourhoods",
        ("force", "code", "name", "lpa", "geometry"),
        [
            (batch.force, row["code"], row["name"], row["district_code"], row["geometry"])
            for row in rows
        ],
        further="""ON CONFLICT (force, code) DO UPDATE SET
            name = excluded.name, lpa = excluded.lpa, geometry = excluded.geometry""",
    )
    codes = [row["code"] for row in rows]
    session.execute(_FORGET_RINGS, {"force": batch.force, "codes": codes})
    copy_into(
        session,
        "neighbourhood_rings",
        ("force", "id", "neighbourhood", "is_hole", "ring"),
        [
            (batch.force, new_id(batch.force), row["code"], is_hole, ring)
            for row in rows
            for is_hole, ring in row["rings"]
        ],
    )


def _place_people(session: Session, batch: Batch, codes: Sequence[str]) -> None:
    """Give addresses their neighbourhood, and people and their wants their area."""
    unplaced = list(session.execute(_UNPLACED, {"force": batch.force}))
    points = [(row.longitude, row.latitude) for row in unplaced]
    found = store.locate(session, batch.force, points)
    values: dict[str, Any] = {
        "force": batch.force,
        "ids": [unplaced[place].id for place in found],
        "codes": list(found.values()),
    }
    people = set(session.execute(_PLACE, values).scalars())
    people |= set(session.execute(_FOLLOW_LPA, {**values, "codes": list(codes)}).scalars())
    moved = person_store.settle_areas(session, sorted(people), batch.facts.today)
    if moved:
        person_store.keep_people(session, moved)
        follow_addresses(session, moved)
