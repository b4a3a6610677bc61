"""Run the linter as `python -m aisafety_lint`."""

import sys

from aisafety_lint.cli import main

sys.exit(main())
