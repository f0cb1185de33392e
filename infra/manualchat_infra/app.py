"""Builds the CDK app of one scenario and writes its cloud assembly.

    python -m manualchat_infra.app dev prod     writes infra/cdk.out/{dev,prod}

Needs no account and no network. Node comes with the `infra` extra.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from manualchat.errors import ManualchatError, MissingExtra
from manualchat_infra.assets import Assets, placeholders
from manualchat_infra.config import SCENARIOS, DeploymentConfig, load_config, parse_override
from manualchat_infra.node import use_node

if TYPE_CHECKING:
    from aws_cdk import App, Stack


def build(config: DeploymentConfig, assets: Assets, out: Path | None = None) -> tuple[App, Stack]:
    """The app with the scenario's one stack, not yet synthesised.

    Raises NodeMissing, and MissingExtra without the `infra` extra.
    """
    use_node()
    try:
        from aws_cdk import App
    except ImportError:
        raise MissingExtra(feature="manualchat aws deploy", extra="infra") from None
    from manualchat_infra.stacks import DevStack, ProdStack

    app = App(
        outdir=str(out) if out else None,
        analytics_reporting=False,
        context=CONTEXT,
    )
    kind = DevStack if config.scenario == "dev" else ProdStack
    return app, kind(app, config, assets)


# What CDK decides by feature flag, decided.
CONTEXT: dict[str, object] = {
    "aws:cdk:version-reporting": False,
    "@aws-cdk/aws-iam:minimizePolicies": False,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-ec2:uniqueImdsv2TemplateName": True,
    "@aws-cdk/aws-s3:createDefaultLoggingPolicy": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:target-partitions": ["aws"],
}


def synthesise(config: DeploymentConfig, assets: Assets, out: Path) -> Path:
    """Write the cloud assembly to `out`; returns the template's path."""
    shutil.rmtree(out, ignore_errors=True)
    app, _ = build(config, assets, out)
    app.synth()
    return out / f"{config.stack_name}.template.json"


def main(arguments: list[str] | None = None) -> int:
    """`python -m manualchat_infra.app`: the templates, with placeholders for the code."""
    parser = argparse.ArgumentParser(prog="manualchat_infra.app", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], default=list(SCENARIOS))
    parser.add_argument("--out", type=Path, default=Path("infra/cdk.out"))
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args(arguments)
    try:
        overrides = dict(parse_override(text) for text in given.set)
        for scenario in given.scenarios or SCENARIOS:
            config = load_config(scenario, given.config, overrides)
            with tempfile.TemporaryDirectory() as folder:
                template = synthesise(
                    config, placeholders(Path(folder)), (given.out / scenario).resolve()
                )
            print(template)
    except ManualchatError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
