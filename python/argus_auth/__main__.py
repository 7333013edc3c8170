"""`python -m argus_auth` is the command `argus-auth`."""

import sys

from argus_auth._cli import main

sys.exit(main())
