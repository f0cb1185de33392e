"""Functions that misbehave, laid beside the real ones: what the runtime does about it."""

import os
import time


def before(event, context):
    raise ValueError("broken before the stream")


def inside(event, context):
    def pieces():
        yield b"data: first\n\n"
        raise ValueError("broken inside the stream")

    return {"statusCode": 200, "headers": {"content-type": "text/event-stream"}}, pieces()


def slow(event, context):
    if event.get("body") == "sleep":
        time.sleep(60)
    left = context.get_remaining_time_in_millis()
    return {"statusCode": 200}, iter([str(left).encode()])


def dies(event, context):
    os._exit(3)


def bare(event, context):
    return None, iter([b"no ", b"", b"prelude"])
