"""A local AWS for trying the deployment guide by hand.

    python -m tests.e2e.local_aws --port 4566

Run it from the project's folder. It holds nothing that outlives it.
"""

from __future__ import annotations

import argparse
import signal
import sys

from tests.e2e.local_aws.server import LocalAwsError
from tests.e2e.local_aws.world import working_aws


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="tests.e2e.local_aws", description=__doc__)
    parser.add_argument("--port", type=int, default=4566)
    given = parser.parse_args()
    # Either signal ends it in order: ministack and its functions are processes of ours.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)
    try:
        with working_aws(port=given.port) as here:
            for name, value in here.environment().items():
                print(f"export {name}={value}")
            print("# ready; Ctrl-C ends it", flush=True)
            signal.pause()
    except LocalAwsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
