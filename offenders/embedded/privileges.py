"""Giving up root for the account that the bundled PostgreSQL runs under."""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass

# linux/prctl.h, linux/securebits.h, linux/capability.h
PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 28, 4
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Account:
    """Whom the server runs as when we are root."""

    uid: int
    gid: int
    capability: int | None  # kept to pass directories that are closed to the account


def become(account: Account) -> None:
    """Give up root in the child, but for the account's one capability."""
    mask = 0 if account.capability is None else 1 << account.capability
    if mask:
        # Without the fix-up access(2) heeds the capability; but setuid programs that count on
        # the fix-up must not be run under this bit.
        _checked(LIBC.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
        _checked(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if mask:
        head = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
        _checked(LIBC.capset(head, struct.pack("6I", mask, mask, mask, 0, 0, 0)))
        _checked(LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, account.capability, 0, 0))


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused a capability")
