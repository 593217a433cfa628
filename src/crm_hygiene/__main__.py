"""`python -m crm_hygiene`: the same as `crm-hygiene`."""

import sys

from crm_hygiene.cli import main

if __name__ == "__main__":
    sys.exit(main())
