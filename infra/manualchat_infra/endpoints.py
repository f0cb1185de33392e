"""Step 4 (prod): the endpoints' policies, which let through what the deployment uses."""

from __future__ import annotations

from aws_cdk import Aws, DefaultStackSynthesizer
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from manualchat_infra import ledger, models, naming
from manualchat_infra.config import DeploymentConfig
from manualchat_infra.manuals import Manuals
from manualchat_infra.network import Network

Gateway = ec2.GatewayVpcEndpointAwsService
Interface = ec2.InterfaceVpcEndpointAwsService


def add_endpoints(
    network: Network,
    config: DeploymentConfig,
    *,
    manuals: Manuals,
    table: ledger.Ledger,
    query: lambda_.Function,
) -> None:
    """S3 and DynamoDB through gateways; Bedrock, Lambda and Logs through interfaces."""
    network.add_gateway("S3", Gateway.S3, _s3(config, manuals))
    network.add_gateway(
        "DynamoDb", Gateway.DYNAMODB, [_allow(list(ledger.WRITE), [table.table.table_arn])]
    )
    network.add_interface(
        "Bedrock",
        Interface.BEDROCK_RUNTIME,
        [
            _allow(
                ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
                [*models.arns(config.embedding_model_id), *models.arns(config.answer_model_id)],
            )
        ],
    )
    network.add_interface(
        "Lambda", Interface.LAMBDA_, [_allow(["lambda:InvokeFunction"], [query.function_arn])]
    )
    groups = (
        f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:"
        f"log-group:{naming.log_group(config, '*')}"
    )
    network.add_interface(
        "Logs",
        Interface.CLOUDWATCH_LOGS,
        [_allow(["logs:CreateLogStream", "logs:PutLogEvents"], [groups])],
    )


def _s3(config: DeploymentConfig, manuals: Manuals) -> list[iam.PolicyStatement]:
    bucket = manuals.bucket
    bundle = (
        f"arn:{Aws.PARTITION}:s3:::cdk-{DefaultStackSynthesizer.DEFAULT_QUALIFIER}"
        f"-assets-{Aws.ACCOUNT_ID}-{Aws.REGION}/*"
    )
    return [
        _allow(
            ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            [bucket.bucket_arn, bucket.arn_for_objects("*")],
        ),
        _allow(["s3:GetObject"], [bundle]),
        # Amazon Linux's package repositories lie in S3, and a gateway endpoint takes
        # all of the region's S3 traffic:
        # docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject"],
            resources=[f"arn:{Aws.PARTITION}:s3:::al2023-repos-{config.region}-de612dc2/*"],
        ),
        # The index function answers CloudFormation at a pre-signed address there.
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"],
            resources=[
                f"arn:{Aws.PARTITION}:s3:::cloudformation-custom-resource-response-"
                f"{config.region.replace('-', '')}/*"
            ],
        ),
    ]


def _allow(actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=actions,
        resources=resources,
        conditions={"StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
    )
