"""sqlfluff over all files at once, in half the time: `lint_whole.py lint PATH...`.

It finds what `sqlfluff` finds. Two things take most of its time: looking among millions of objects
for those that can go, and laying out each file anew for each of three rules. While it only lints,
nothing changes a file between two rules, so that one layout serves all of them.
"""

import gc
import sys

from sqlfluff.cli.commands import cli
from sqlfluff.utils.reflow.sequence import ReflowSequence

_lay_out = ReflowSequence.from_root.__func__
_last: list = []


def from_root(cls, root_segment, config):
    """Return the layout of a file, made once as long as the next rule asks for the same file."""
    if not _last or _last[0] is not root_segment or _last[1] is not config:
        _last[:] = [root_segment, config, _lay_out(cls, root_segment, config)]
    return _last[2]


if __name__ == "__main__":
    assert sys.argv[1] == "lint", "a layout that is kept must not be changed"
    ReflowSequence.from_root = classmethod(from_root)
    gc.disable()
    # In this process: another would begin without what is set here.
    cli([*sys.argv[1:], "--processes", "1"])
