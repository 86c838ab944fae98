"""What torchrun starts in test_distributed: a tiny run of this process's part of every batch."""

import sys
from pathlib import Path

from tests.fixtures.runs import tiny_run

if __name__ == "__main__":
    out, *overrides = sys.argv[1:]
    tiny_run(Path(out), *overrides)
