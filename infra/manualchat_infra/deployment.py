"""What both scenarios have: bucket, queue, ledger, collection, roles, functions, index."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnOutput, Environment, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from manualchat_infra.assets import Assets
from manualchat_infra.config import DeploymentConfig
from manualchat_infra.functions import Around, Functions
from manualchat_infra.ledger import Ledger
from manualchat_infra.manuals import Manuals
from manualchat_infra.monitoring import Monitoring
from manualchat_infra.network import Network
from manualchat_infra.roles import Roles
from manualchat_infra.search import Search

TAG = "manualchat:deployment"


class Deployment(Stack):
    """The common half; `stacks.py` adds what makes a scenario."""

    def __init__(self, scope: Construct, config: DeploymentConfig) -> None:
        super().__init__(
            scope,
            config.stack_name,
            description=f"manualchat: ask your manuals ({config.scenario})",
            # The account is whoever deploys; the region decides some ARNs and policies.
            env=Environment(region=config.region),
            termination_protection=config.scenario == "prod" and config.retained,
        )
        self.config = config

    def build_pipelines(self, assets: Assets, network: Network | None) -> None:
        """Everything from the bucket to the query function."""
        config = self.config
        self.manuals = Manuals(self, "Manuals", config)
        self.ledger = Ledger(self, "Ledger", config)
        self.search = Search(
            self, "Search", config, endpoint_id=network.search_endpoint_id if network else None
        )
        self.roles = Roles(self, "Roles", config, manuals=self.manuals, table=self.ledger)
        self.search.let(
            writers=[self.roles.embedding], readers=[self.roles.query], makers=[self.roles.index]
        )
        self.functions = Functions(
            self,
            "Functions",
            Around(config, assets, self.search, self.ledger, self.manuals, self.roles, network),
        )

    def let_ask(self) -> list[iam.PolicyStatement]:
        """What the UI's hosts need to call the streaming function."""
        return [
            iam.PolicyStatement(
                sid="Ask",
                actions=["lambda:InvokeFunction"],
                resources=[self.functions.query.function_arn],
            ),
        ]

    def finish(self, queries: Sequence[lambda_.Function], outputs: dict[str, str]) -> None:
        """Alarms, tags, and the outputs that `manualchat aws` finds the deployment by."""
        config = self.config
        Monitoring(
            self,
            "Monitoring",
            config,
            manuals=self.manuals,
            embedding=self.functions.embedding,
            queries=queries,
        )
        common = {
            "ManualsBucket": self.manuals.bucket.bucket_name,
            "QueueUrl": self.manuals.queue.queue_url,
            "DeadLettersUrl": self.manuals.dead_letters.queue_url,
            "LedgerTable": self.ledger.table.table_name,
            "SearchEndpoint": self.search.endpoint,
            "SearchIndex": config.index_name,
            "EmbeddingFunction": self.functions.embedding.function_name,
            "QueryFunction": self.functions.query.function_name,
            "EmbeddingModel": config.embedding_model_id,
            "AnswerModel": config.answer_model_id,
            "AllowedFrom": ",".join(config.allowed_cidrs) or "-",
        }
        for name, value in {**common, **outputs}.items():
            CfnOutput(self, name, value=value)
        for key, value in {TAG: config.stack_name, **config.tags}.items():
            Tags.of(self).add(key, value)
