"""Step 2: the two roles of the guide, holding what their function calls and nothing else.

The actions are those of docs/aws-interfaces.md. Every statement that has to say
`Resource: *` carries its reason in `UNSCOPABLE`, which a test compares with the
templates.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnElement, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from manualchat_infra import ledger, models, naming
from manualchat_infra.acknowledged import accept
from manualchat_infra.config import DeploymentConfig
from manualchat_infra.manuals import Manuals

VPC_ACCESS = "service-role/AWSLambdaVPCAccessExecutionRole"

# Statement id → why its resource cannot be narrowed.
UNSCOPABLE = {
    "SessionManager": "Session Manager's channel and agent actions know no resources: "
    "docs.aws.amazon.com/service-authorization/latest/reference/"
    "list_amazonmessagegatewayservice.html",
}


class Roles(Construct):
    """`embedding-lambda-role`, `query-lambda-role`, and the one that creates the index."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        config: DeploymentConfig,
        *,
        manuals: Manuals,
        table: ledger.Ledger,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self.embedding = self._role("Embedding", naming.embedding_role(config))
        self.query = self._role("Query", naming.query_role(config))
        self.index = self._role("Index", None)

        for statement in (
            iam.PolicyStatement(
                sid="ReadManuals",
                actions=["s3:GetObject", "s3:GetObjectVersion"],
                resources=[manuals.bucket.arn_for_objects("*")],
            ),
            iam.PolicyStatement(
                # Without it a PDF that was removed meanwhile is a 403, not a 404.
                sid="ListManuals",
                actions=["s3:ListBucket"],
                resources=[manuals.bucket.bucket_arn],
            ),
            iam.PolicyStatement(
                sid="WorkQueue",
                actions=[
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ChangeMessageVisibility",
                    "sqs:SendMessage",
                ],
                resources=[manuals.queue.queue_arn],
            ),
            iam.PolicyStatement(
                sid="WriteLedger", actions=list(ledger.WRITE), resources=[table.table.table_arn]
            ),
            *models.embedding_statements(config.embedding_model_id),
        ):
            self.embedding.add_to_policy(statement)
        for statement in (
            iam.PolicyStatement(
                sid="ReadLedger", actions=list(ledger.READ), resources=[table.table.table_arn]
            ),
            *models.embedding_statements(config.embedding_model_id),
            *models.answer_statements(config.answer_model_id),
        ):
            self.query.add_to_policy(statement)
        bucket = Stack.of(self).get_logical_id(cast(CfnElement, manuals.bucket.node.default_child))
        accept(
            self.embedding,
            f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/*]",
            "Any object of the one bucket of manuals: their names are the users' choice.",
        )

    def let_log(self, role: iam.IRole, group: logs.ILogGroup) -> None:
        """Write to this log group, which exists already: no CreateLogGroup."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                sid=f"Log{group.node.id}",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{group.log_group_arn}"],
            )
        )

    def _role(self, id: str, name: str | None) -> iam.Role:
        prod = self._config.scenario == "prod"
        role = iam.Role(
            self,
            id,
            role_name=name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(VPC_ACCESS)]
            if prod
            else [],
        )
        if prod:
            accept(
                role,
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{VPC_ACCESS}]",
                "AWSLambdaVPCAccessExecutionRole is what step 2 of the guide asks for; Lambda's "
                "network interfaces are made by the service and have no name to narrow it to.",
            )
        return role
