"""A local worker process: Beam's own, but with our log instead of a page of Beam's start-up messages."""

import os
import sys

from pipelines.log import log_to_stderr

if __name__ == "__main__":
    log_to_stderr(prefix=f"{os.environ.get('WORKER_ID', 'worker')}: ")
    from apache_beam.runners.worker import sdk_worker, sdk_worker_main

    # Beam prints the traceback of each failure. The driver is sent it too, and keeps it in the stage's _ERROR.txt.
    vars(sdk_worker)["print"] = lambda *_, **__: None
    sdk_worker_main.main(sys.argv)
