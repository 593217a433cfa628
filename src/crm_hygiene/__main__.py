"""`python -m crm_hygiene`: the same as `crm-hygiene`."""

import sys

from crm_hygiene.cli import main

sys.exit(main())
