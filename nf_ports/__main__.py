"""`python -m nf_ports`: the same as the command `nf-ports`."""

import sys

from nf_ports.cli.main import main

sys.exit(main())
