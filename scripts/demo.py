"""Make the demo CRM: the seeds in both landing shapes, and the truth about them.

    python scripts/demo.py                                writes the committed files
    python scripts/demo.py --scale 0.05 --out DIR         writes parquet for benchmarks

The first form takes no arguments and writes the same bytes every time.
"""

import argparse
from pathlib import Path

from demo import scale, write


def main():
    """Write the demo, or a large CRM of the given scale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--scale", type=float, help="1 is 2 million opportunities, 20 million changes"
    )
    parser.add_argument("--out", type=Path, help="folder of the parquet files")
    options = parser.parse_args()
    if options.scale and options.out:
        scale.make(options.scale, options.out)
    elif options.scale or options.out:
        parser.error("--scale and --out go together")
    else:
        write.make(write.ROOT)


if __name__ == "__main__":
    main()
