"""Roles and their permissions as data: the table of the domain's "Who may do what".

docs/access.md is made from it.
"""

from __future__ import annotations

_READ = {
    "reference:read",
    "persons:read",
    "wanted:read",
    "wanted:counts",
    "pnc:read",
    "flags:read",
    "bail:read",
}
_PATROL = _READ | {"wanted:log", "notes:write"}
_OFFENDER_MANAGEMENT = _PATROL | {
    "notes:read-restricted",
    "custody:read",
    "acro:read",
    "flags:acknowledge",
    "flags:read-public-protection",
}
_INVESTIGATION = _PATROL | {
    "flags:acknowledge",
    "persons:write",
    "persons:merge",
    "addresses:read-protected",
    "notes:read-restricted",
    "wanted:write",
    "wanted:validate",
    "wanted:circulate",
    "wanted:close",
    "bail:write",
    "custody:read",
    "custody:write",
    "quality:counts",
    "quality:read",
    "quality:decide",
    "acro:read",
    "acro:request",
    "acro:respond",
    "acro:assess",
    "acro:coverage",
    "forensics:read",
    "forensics:enter",
    "forensics:write",
    "forensics:allocate",
}
_SUPERVISION = _INVESTIGATION | {
    "wanted:review",
    "wanted:handover",
    "bail:review",
    "bail:handover",
    "flags:manage",
    "flags:read-public-protection",
    "notes:read-covert",
    "directory:read",
    "reports:read",
}
_COMMAND = _READ | {
    "flags:read-public-protection",
    "custody:read",
    "policies:write",
    "jobs:read",
    "directory:read",
    "reports:read",
    "quality:counts",
    "quality:read",
    "acro:read",
    "acro:coverage",
    "forensics:read",
}
_CLIENT = {"reference:read"}

# People under management: a table for each capability, beside that of the roles.
_NOMINATE = {"iom:read", "iom:nominate"}
_IOM_TEAM = _NOMINATE | {
    "iom:read-case",
    "iom:read-family",
    "iom:write",
    "iom:log",
    "iom:evaluate",
    "reports:read",
}
_IOM: dict[str, set[str]] = {
    "response_officer": _NOMINATE,
    "neighbourhood_officer": _NOMINATE | {"iom:log"},
    "investigator": _NOMINATE,
    "supervisor": _NOMINATE,
    "duty_inspector": _NOMINATE,
    "meeting_chair": _NOMINATE | {"iom:read-case", "iom:decide"},
    "iom_officer": _IOM_TEAM,
    "iom_manager": _IOM_TEAM | {"iom:decide"},
    "offender_manager": _NOMINATE,
    "mappa_coordinator": _NOMINATE,
    "partner_agency": {"iom:nominate"},
    "force_manager": {"iom:read", "iom:evaluate"},
    "chief_officer": {"iom:read", "iom:evaluate"},
}

# Officers are told who is registered in their area; the rest is for those who manage or answer.
_REGISTER_LOCALLY = {"registrations:read"}
_REGISTER_IN_FULL = _REGISTER_LOCALLY | {"registrations:read-full"}
_REGISTER_SUPERVISION = _REGISTER_IN_FULL | {"registrations:supervise"}
_REGISTER_MANAGEMENT = _REGISTER_SUPERVISION | {
    "registrations:write",
    "registrations:read-polygraphs",
}
_REGISTER: dict[str, set[str]] = {
    "response_officer": _REGISTER_LOCALLY,
    "neighbourhood_officer": _REGISTER_LOCALLY,
    "investigator": _REGISTER_LOCALLY,
    "meeting_chair": _REGISTER_LOCALLY,
    "iom_officer": _REGISTER_LOCALLY,
    "iom_manager": _REGISTER_LOCALLY,
    "supervisor": _REGISTER_SUPERVISION,
    "duty_inspector": _REGISTER_SUPERVISION,
    "offender_manager": _REGISTER_MANAGEMENT,
    "mappa_coordinator": _REGISTER_MANAGEMENT,
    "force_manager": _REGISTER_IN_FULL,
    "chief_officer": _REGISTER_IN_FULL,
}

# Full minutes are for those who manage; on the street local summaries alone are known.
_MAPPA_STREET = {"mappa:summaries", "mappa:refer"}
_MAPPA_COMMAND = {"mappa:summaries", "mappa:read", "mappa:counts"}
_MAPPA_SUPERVISION = _MAPPA_STREET | {"mappa:read", "mappa:counts", "mappa:sign-off"}
_MAPPA_MANAGEMENT = _MAPPA_STREET | {
    "mappa:read",
    "mappa:read-minutes",
    "mappa:write",
    "mappa:counts",
}
_MAPPA: dict[str, set[str]] = {
    "response_officer": {"mappa:summaries"},
    "meeting_chair": {"mappa:summaries"},
    "neighbourhood_officer": _MAPPA_STREET,
    "investigator": _MAPPA_STREET,
    "iom_officer": _MAPPA_STREET,
    "iom_manager": _MAPPA_STREET,
    "supervisor": _MAPPA_SUPERVISION,
    "duty_inspector": _MAPPA_SUPERVISION,
    "offender_manager": _MAPPA_MANAGEMENT,
    "mappa_coordinator": _MAPPA_MANAGEMENT | {"mappa:decide", "mappa:sign-off"},
    "force_manager": _MAPPA_COMMAND,
    "chief_officer": _MAPPA_COMMAND,
}

_ORDERS_STREET = {"orders:read", "orders:check"}
_ORDERS_SEEN = {"orders:read", "orders:read-whole", "orders:report"}
_ORDERS_WORK = (_ORDERS_STREET | _ORDERS_SEEN) | {
    "orders:read-protected",
    "orders:write",
    "orders:monitor",
    "orders:review",
}
_ORDERS: dict[str, set[str]] = {
    "response_officer": _ORDERS_STREET,
    "neighbourhood_officer": _ORDERS_STREET,
    "investigator": _ORDERS_WORK,
    "supervisor": _ORDERS_WORK | {"orders:review-breach"},
    "duty_inspector": _ORDERS_WORK | {"orders:review-breach"},
    "meeting_chair": _ORDERS_SEEN,
    "iom_officer": _ORDERS_WORK,
    "iom_manager": _ORDERS_WORK,
    "offender_manager": _ORDERS_WORK,
    "mappa_coordinator": _ORDERS_WORK,
    "court_client": {
        "orders:read",
        "orders:read-whole",
        "orders:read-protected",
        "orders:write",
    },
    "force_manager": _ORDERS_SEEN,
    "chief_officer": _ORDERS_SEEN,
}

# Officers record what came of a task; who is asked to do what is for those who lead.
_TASKS_DONE = {"tasks:read", "tasks:update", "tasks:complete"}
_TASKS_LED = _TASKS_DONE | {"tasks:make", "tasks:handover", "tasks:extend", "tasks:counts"}
_TASKS: dict[str, set[str]] = {
    "response_officer": _TASKS_DONE,
    "neighbourhood_officer": _TASKS_DONE,
    "investigator": _TASKS_DONE,
    "supervisor": _TASKS_LED,
    "duty_inspector": _TASKS_LED,
    "meeting_chair": _TASKS_LED,
    "iom_officer": _TASKS_DONE,
    "iom_manager": _TASKS_LED,
    "offender_manager": _TASKS_DONE,
    "mappa_coordinator": _TASKS_LED,
    "partner_agency": _TASKS_DONE,
    "force_manager": {"tasks:read", "tasks:counts"},
    "chief_officer": {"tasks:read", "tasks:counts"},
}

# A task about one of these is seen by whoever has this permission, beyond that to read tasks; so
# are flags about such a task.
NEEDED_FOR_TASKS_ABOUT = {
    "mappa_case": "mappa:read",
    "registration": "registrations:read-full",
}

# Members of a meeting read its pack and take it with them; who runs it decides.
_MEETING_MEMBER = {"meetings:read", "meetings:export"}
_MEETING_RUN = _MEETING_MEMBER | {"meetings:write", "meetings:decide"}
_MEETINGS: dict[str, set[str]] = {
    "supervisor": _MEETING_RUN,
    "duty_inspector": _MEETING_RUN,
    "meeting_chair": _MEETING_RUN,
    "iom_manager": _MEETING_MEMBER,
    "force_manager": _MEETING_MEMBER,
    "chief_officer": _MEETING_MEMBER,
}

_ON_THE_STREET = {"street:read", "changes:read", "sightings:log"}
_STREET: dict[str, set[str]] = {
    **dict.fromkeys(
        (
            "response_officer",
            "neighbourhood_officer",
            "investigator",
            "supervisor",
            "duty_inspector",
            "iom_officer",
            "iom_manager",
            "offender_manager",
            "mappa_coordinator",
        ),
        _ON_THE_STREET,
    ),
    "meeting_chair": {"street:read", "changes:read"},
    "force_manager": {"street:read"},
    "chief_officer": {"street:read"},
}

_BRIEFED = {"briefings:read", "calendar:read"}
_BRIEFING = _BRIEFED | {"briefings:write", "subscriptions:write"}
_BRIEFING_OVERSIGHT = _BRIEFING | {"briefings:read-receipts"}
_BRIEFING_COMMAND = _BRIEFED | {"briefings:read-receipts", "subscriptions:write"}
_BRIEFINGS: dict[str, set[str]] = {
    "response_officer": _BRIEFED,
    "neighbourhood_officer": _BRIEFED,
    "investigator": _BRIEFING,
    "supervisor": _BRIEFING_OVERSIGHT,
    "duty_inspector": _BRIEFING_OVERSIGHT,
    "meeting_chair": _BRIEFING_OVERSIGHT,
    "iom_officer": _BRIEFING,
    "iom_manager": _BRIEFING_OVERSIGHT,
    "offender_manager": _BRIEFING,
    "mappa_coordinator": _BRIEFING,
    "force_manager": _BRIEFING_COMMAND,
    "chief_officer": _BRIEFING_COMMAND,
    "force_admin": {"subscriptions:oversee"},
}

# Whoever reads of people may take emergency access; whoever supervises reviews that of others.
_EMERGENCY = {"emergency:take", "emergency:read"}
_REVIEW = {"emergency:read", "emergency:review"}
_SHARE = {"shares:read", "shares:write"}
_RESTRICT = {"restrictions:write"}
_SUPERVISE = _EMERGENCY | _REVIEW | _SHARE | _RESTRICT
_SHARING: dict[str, set[str]] = {
    "response_officer": _EMERGENCY,
    "neighbourhood_officer": _EMERGENCY,
    "investigator": _EMERGENCY | {"shares:read"},
    "supervisor": _SUPERVISE,
    "duty_inspector": _SUPERVISE,
    "meeting_chair": _EMERGENCY,
    "iom_officer": _EMERGENCY | _SHARE,
    "iom_manager": _EMERGENCY | _SHARE | _RESTRICT,
    "offender_manager": _EMERGENCY | _SHARE,
    "mappa_coordinator": _EMERGENCY | _SHARE | _RESTRICT,
    "force_manager": _SUPERVISE | {"agreements:write"},
    "chief_officer": _SUPERVISE | {"agreements:write"},
    "auditor": _REVIEW | {"shares:read"},
    "partner_agency": {"shared:read", "shared:write"},
}

_COMMANDING: dict[str, set[str]] = {
    "supervisor": {"command:read", "command:sample"},
    "duty_inspector": {"command:read", "command:sample"},
    "meeting_chair": {"command:read"},
    "force_manager": {"command:read", "command:sample"},
    "chief_officer": {"command:read", "command:sample"},
}

_CAPABILITIES = (
    _IOM,
    _MAPPA,
    _ORDERS,
    _REGISTER,
    _TASKS,
    _MEETINGS,
    _STREET,
    _BRIEFINGS,
    _SHARING,
    _COMMANDING,
)

PERMISSIONS: dict[str, frozenset[str]] = {
    role: frozenset(permissions.union(*(own.get(role, set()) for own in _CAPABILITIES)))
    for role, permissions in {
        "response_officer": _PATROL,
        "neighbourhood_officer": _PATROL,
        "investigator": _INVESTIGATION,
        "supervisor": _SUPERVISION,
        "duty_inspector": _SUPERVISION,
        "meeting_chair": _READ
        | {
            "directory:read",
            "reports:read",
            "forensics:read",
            "forensics:allocate",
            "custody:read",
            "acro:read",
            "acro:coverage",
            "flags:read-public-protection",
        },
        "iom_officer": _OFFENDER_MANAGEMENT,
        "iom_manager": _OFFENDER_MANAGEMENT,
        "offender_manager": _OFFENDER_MANAGEMENT,
        "mappa_coordinator": _OFFENDER_MANAGEMENT,
        "custody_client": _CLIENT | {"custody:read", "custody:write", "acro:read", "acro:request"},
        "forensic_client": _CLIENT | {"forensics:read", "forensics:enter"},
        "acro_client": _CLIENT | {"acro:read", "acro:request", "acro:respond"},
        "court_client": _CLIENT,
        "partner_agency": _CLIENT,
        "force_manager": _COMMAND,
        "chief_officer": _COMMAND,
        "force_admin": {
            "reference:read",
            "wanted:counts",
            "flags:read",
            "flags:read-public-protection",
            "policies:write",
            "reference:write",
            "imports:write",
            "jobs:read",
            "jobs:run",
            "directory:read",
            "tokens:revoke",
            "tokens:read-revocations",
            "quality:counts",
            "outbox:read",
            "outbox:resend",
        },
        "national_analyst": {"reference:read", "wanted:counts"},
        "auditor": {"reference:read", "audit:read", "tokens:read-revocations"},
    }.items()
}
