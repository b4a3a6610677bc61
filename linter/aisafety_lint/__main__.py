"""Run the linter as `python -m aisafety_lint`."""

import os
import sys

# `-m` has Python look for every module in the working directory first, which may be the project of somebody else.
if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()] and not __file__.startswith(os.path.join(sys.path[0], "")):  # noqa: PTH109, PTH118 - nothing is to be imported before
    del sys.path[0]

from aisafety_lint.cli import main

sys.exit(main())
