"""`python -m houseband`."""

import sys

from houseband.cli import main

if __name__ == "__main__":
    sys.exit(main())
