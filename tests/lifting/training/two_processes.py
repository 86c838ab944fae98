"""What torchrun starts in test_distributed: a tiny run of this process's part of every batch.

--resume goes on with a run; --interrupt asks every process to stop at the first report.
"""

import os
import signal
import sys
from pathlib import Path

from lifting.training.fit import REPORT_EVERY
from tests.fixtures.runs import tiny_run


def interrupt(report):
    """At the first report only: a second signal ends a run at once."""
    if report.step == REPORT_EVERY:
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    out, *overrides = (argument for argument in sys.argv[1:] if not argument.startswith("--"))
    listener = interrupt if "--interrupt" in sys.argv else None
    tiny_run(Path(out), *overrides, listener=listener, resume="--resume" in sys.argv)
