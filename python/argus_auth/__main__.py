"""Runs the command `argus-auth` for `python -m argus_auth`."""

import sys

from argus_auth._cli import main

sys.exit(main())
