"""The thirteen steps of the guide, looked at in the account: ok, wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from manualchat.aws import checks_data, checks_functions, checks_network, checks_roles, checks_ui
from manualchat.aws.account import Account, in_our_words
from manualchat.aws.deployed import Deployed
from manualchat.aws.findings import Finding, ok, unknown, wrong
from manualchat.aws.models import check_models
from manualchat.errors import ManualchatError

Check = Callable[[Account, Deployed], Iterator[Finding]]


def _models(account: Account, stack: Deployed) -> Iterator[Finding]:
    return check_models(account, stack.outputs["EmbeddingModel"], stack.outputs["AnswerModel"])


CHECKS: dict[int, Check] = {
    1: _models,
    2: checks_roles.roles,
    3: checks_network.subnets,
    4: checks_network.ways_out,
    5: checks_data.bucket,
    6: checks_data.collection,
    7: checks_data.index,
    8: checks_functions.layers,
    9: checks_functions.embedding,
    10: checks_functions.query,
    11: checks_ui.backend,
    12: checks_ui.hosts,
    13: checks_ui.whole_way,
}


def examine(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Every step's findings in order. A check that breaks off is `unknown`, never silent."""
    yield _state(stack)
    for step, check in CHECKS.items():
        try:
            with in_our_words("AWS", account):
                yield from check(account, stack)
        except ManualchatError as error:
            yield unknown(step, (error.message("ko"), error.message("en")))


def _state(stack: Deployed) -> Finding:
    if stack.unfinished:
        names = ", ".join(stack.unfinished[:5])
        return wrong(
            0,
            (f"{stack.name}: 완료되지 않은 리소스 {names}", f"{stack.name}: not complete: {names}"),
            (
                f"`manualchat aws deploy {stack.scenario}`를 다시 실행하세요.",
                f"Run `manualchat aws deploy {stack.scenario}` again.",
            ),
        )
    count = len(stack.resources)
    return ok(
        0,
        (
            f"{stack.name} {stack.status}, 리소스 {count}개",
            f"{stack.name} {stack.status}, {count} resources",
        ),
    )
