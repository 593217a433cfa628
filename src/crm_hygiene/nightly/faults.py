"""Faults of the machine and of its files, each told in one sentence: the cause, and what to do."""

import errno
import re

DISK_FULL = (
    "The disk is full: free space (a build needs about three times the warehouse file), or move "
    "the warehouse to a larger disk, and run again."
)
TOO_LARGE = (
    "A file may not grow any further (a limit or quota of this user): raise it (ulimit -f), and run"
    " again."
)
READ_ONLY = "The file system is read-only: mount it so that it can be written to, and run again."
FORBIDDEN = "This user may not write there: give it the right to, or run as its owner."
CORRUPT = (
    "The warehouse file is damaged: put a copy back in its place, or move it away, land the CRM "
    "again and run crm-hygiene restore, which brings back what is kept."
)
OTHER_VERSION = (
    "The warehouse file was written by another version of DuckDB: read and rewrite it with that "
    "version (EXPORT DATABASE, IMPORT DATABASE), or install the version it asks for."
)
LOCKED = (
    "Another process has the file open to write: let it end, or open it read-only there, and run "
    "again."
)
NO_MEMORY = (
    "The memory allowed was not enough: raise CRM_HYGIENE_MEMORY_LIMIT, or let DuckDB write more "
    "aside (CRM_HYGIENE_TEMP on a disk with room)."
)

OF_ERRNO = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: TOO_LARGE,
    errno.EROFS: READ_ONLY,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
}
# What DuckDB, or the system through it, says.
OF_TEXT = {
    r"No space left on device|Disk quota exceeded": DISK_FULL,
    r"max_temp_directory_size": DISK_FULL,
    r"File too large": TOO_LARGE,
    r"Read-only file system": READ_ONLY,
    r"Permission denied|Operation not permitted": FORBIDDEN,
    r"could not set lock on file|Conflicting lock": LOCKED,
    r"not a valid DuckDB database|Corrupt database file|[Cc]hecksum|header mismatch": CORRUPT,
    r"older version of DuckDB|newer version of DuckDB|version number": OTHER_VERSION,
    r"Could not read enough bytes|Failed to load metadata pointer|[Cc]orrupt": CORRUPT,
    r"Out of Memory Error|could not allocate block|failed to pin block": NO_MEMORY,
}


class Stopped(Exception):
    """Why the run cannot go on, in one sentence, and what to do."""


def in_words(error: Exception | str) -> str | None:
    """Return a fault of the machine in one sentence; None where it is none of those."""
    if isinstance(error, OSError) and error.errno in OF_ERRNO:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{OF_ERRNO[error.errno]}"
    text = str(error)
    found = (sentence for pattern, sentence in OF_TEXT.items() if re.search(pattern, text))
    return next(found, None)
