"""Files that readers may look at any time: copied, put in place and removed in whole steps."""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Linux: let a file system that can share the blocks of two files do so (btrfs, XFS).
FICLONE = 0x40049409
CHUNK = 1 << 26


def copy(source: Path, target: Path) -> None:
    """Copy a file with its mode and owner, by the file system itself where it can."""
    with source.open("rb") as read, target.open("wb") as written:
        known = os.fstat(read.fileno())
        os.fchmod(written.fileno(), known.st_mode & 0o777)
        with contextlib.suppress(PermissionError):
            os.fchown(written.fileno(), known.st_uid, known.st_gid)
        with contextlib.suppress(OSError):
            fcntl.ioctl(written, FICLONE, read.fileno())
            return
        with contextlib.suppress(OSError, AttributeError):
            while os.copy_file_range(read.fileno(), written.fileno(), CHUNK):
                pass
        # Whatever is left, where the file system cannot.
        read.seek(written.seek(0, os.SEEK_END))
        shutil.copyfileobj(read, written, CHUNK)


def sync(path: Path) -> None:
    """Have a file or a folder's list of files written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put(source: Path, target: Path) -> None:
    """Put a file in the place of another, in one step that outlives a power cut."""
    sync(source)
    source.replace(target)
    sync(target.parent)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file whole, or leave what is there."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}_", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, default=str)
        os.chmod(name, 0o644)
        put(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)


def keep_newest(folder: Path, n_kept: int, last: str) -> None:
    """Remove all but the newest folders in a folder, which are named by their time, and the last
    that was published; what was being written when a run was killed goes, too."""
    names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    whole = [name for name in names if not name.endswith(".part")]
    kept = {*whole[-n_kept:], last}
    for name in names:
        if name not in kept:
            shutil.rmtree(folder / name, ignore_errors=True)
    for file in folder.glob(".manifest.json_*"):
        file.unlink(missing_ok=True)
