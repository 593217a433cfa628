"""Make the demo CRM: the seeds in both landing shapes, and the truth about them.

    crm-hygiene demo                                writes the committed files
    crm-hygiene demo --scale 0.05 --out DIR         writes parquet for benchmarks of signals
    crm-hygiene demo --people 2000000 --out DIR     the same, of identity and decisions

The first form takes no arguments and writes the same bytes every time.
"""

from pathlib import Path

from crm_hygiene.cli import command_parser
from crm_hygiene.demo import people, scale, write
from crm_hygiene.project import ROOT


def main(arguments=None):
    """Write the demo, or a large CRM; return the exit code."""
    parser = command_parser("demo", __doc__)
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--scale", type=float, help="1 is 2 million opportunities, 20 million changes (Salesforce)"
    )
    sizes.add_argument("--people", type=int, help="contacts, with 3 activities each (open)")
    parser.add_argument("--out", type=Path, help="folder of the parquet files")
    options = parser.parse_args(arguments)
    if options.scale and options.out:
        scale.make(options.scale, options.out)
    elif options.people and options.out:
        people.make(options.people, options.out)
    elif options.scale or options.people or options.out:
        parser.error("--scale or --people goes with --out")
    else:
        write.make(ROOT)
    return 0
