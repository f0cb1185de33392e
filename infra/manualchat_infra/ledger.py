"""The ledger: which revision of which manual is in, and with what result."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from manualchat_infra.acknowledged import accept
from manualchat_infra.config import DeploymentConfig

READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
WRITE = (*READ, "dynamodb:PutItem")


class Ledger(Construct):
    """One DynamoDB table on demand; its schema stands in docs/aws-interfaces.md."""

    def __init__(self, scope: Construct, id: str, config: DeploymentConfig) -> None:
        super().__init__(scope, id)
        prod = config.scenario == "prod"
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=prod
            ),
            deletion_protection=prod and config.retained,
            removal_policy=RemovalPolicy.RETAIN if config.retained else RemovalPolicy.DESTROY,
        )
        if not prod:
            accept(
                self.table,
                "AwsSolutions-DDB3",
                "Dev: the ledger is rebuilt by uploading the manuals again.",
            )
