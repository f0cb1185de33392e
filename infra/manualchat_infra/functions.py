"""Steps 7 to 10: layers, the two pipelines, the index, and the ways to reach them."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CustomResource, Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from manualchat_infra import naming
from manualchat_infra.acknowledged import accept
from manualchat_infra.assets import Assets
from manualchat_infra.config import DeploymentConfig
from manualchat_infra.ledger import Ledger
from manualchat_infra.manuals import Manuals
from manualchat_infra.network import PRIVATE, Network
from manualchat_infra.roles import Roles
from manualchat_infra.search import Search

RUNTIME = lambda_.Runtime.PYTHON_3_12
STREAM_BOOTSTRAP = "/var/task/stream-bootstrap"
# Titan's text embeddings are limited by requests a minute, account-wide; the share
# of one function instance is this over the width of the fan-out.
EMBEDDING_REQUESTS_PER_MINUTE = 2_000


@dataclass(frozen=True)
class Around:
    """What every function is built from."""

    config: DeploymentConfig
    assets: Assets
    search: Search
    ledger: Ledger
    manuals: Manuals
    roles: Roles
    network: Network | None


class Functions(Construct):
    """Code once, two layers, and the functions that share them."""

    def __init__(self, scope: Construct, id: str, around: Around) -> None:
        super().__init__(scope, id)
        self._around = around
        config = around.config
        self._architecture = (
            lambda_.Architecture.X86_64
            if config.architecture == "x86_64"
            else lambda_.Architecture.ARM_64
        )
        self._code = lambda_.Code.from_asset(str(around.assets.code))
        self.documents_layer = self._layer("DocumentsLayer", "documents")
        self.query_layer = self._layer("QueryLayer", "query")
        self.embedding = self._embedding()
        self.query = self._query()
        self.index = self._create_index()

    def _layer(self, id: str, kind: str) -> lambda_.LayerVersion:
        assets = self._around.assets
        path = assets.documents_layer if kind == "documents" else assets.query_layer
        return lambda_.LayerVersion(
            self,
            id,
            code=lambda_.Code.from_asset(str(path)),
            description=f"manualchat: what the {kind} functions import",
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[self._architecture],
            license="AGPL-3.0-or-later",
        )

    def _embedding(self) -> lambda_.Function:
        """Step 9: triggered by the bucket through the queue."""
        around, config = self._around, self._around.config
        function = self.function(
            "EmbeddingPipeline",
            naming.embedding_function(config),
            handler="manualchat.handlers.embedding_pipeline.handler",
            role=around.roles.embedding,
            layer=self.documents_layer,
            timeout=config.embedding_timeout_seconds,
            memory=config.embedding_memory_mb,
            scratch=Size.mebibytes(1_024),
            environment={
                "LEDGER_TABLE": around.ledger.table.table_name,
                "QUEUE_URL": around.manuals.queue.queue_url,
                "EMBEDDING_RPM": str(
                    EMBEDDING_REQUESTS_PER_MINUTE // config.embedding_concurrency or 1
                ),
                "TESSDATA_PREFIX": "/opt/share/tessdata",
            },
        )
        mapping = lambda_.EventSourceMapping(
            self,
            "ManualsToEmbedding",
            target=function,
            event_source_arn=around.manuals.queue.queue_arn,
            batch_size=1,
            max_concurrency=config.embedding_concurrency,
            report_batch_item_failures=True,
        )
        # Lambda checks at creation that the role may read the queue.
        mapping.node.add_dependency(around.roles.embedding)
        # The queue must not deliver before writes are allowed and the index exists.
        mapping.node.add_dependency(around.search.data_policy)
        return function

    def _query(self) -> lambda_.Function:
        """Step 10: streams to a function URL (dev) and to InvokeWithResponseStream."""
        config = self._around.config
        return self.function(
            "QueryPipeline",
            naming.query_function(config),
            handler="manualchat.handlers.query_pipeline.stream",
            role=self._around.roles.query,
            layer=self.query_layer,
            timeout=config.query_timeout_seconds,
            memory=config.query_memory_mb,
            environment={
                **self.query_environment(),
                "AWS_LAMBDA_EXEC_WRAPPER": STREAM_BOOTSTRAP,
            },
        )

    def buffered_query(self) -> lambda_.Function:
        """The twin that answers whole, for the HTTP API, within its 30 seconds."""
        config = self._around.config
        return self.function(
            "QueryPipelineHttp",
            naming.query_http_function(config),
            handler="manualchat.handlers.query_pipeline.handler",
            role=self._around.roles.query,
            layer=self.query_layer,
            timeout=29,
            memory=config.query_memory_mb,
            environment=self.query_environment(),
        )

    def query_environment(self) -> dict[str, str]:
        """What both query functions read, beside the search settings."""
        config = self._around.config
        values = {
            "LEDGER_TABLE": self._around.ledger.table.table_name,
            "ANSWER_MODEL_ID": config.answer_model_id,
            "MANUALCHAT_MAX_ANSWER_TOKENS": str(config.max_answer_tokens),
        }
        if config.cors_origins:
            values["MANUALCHAT_CORS_ORIGINS"] = ",".join(config.cors_origins)
        return values

    def _create_index(self) -> CustomResource:
        """Step 7: the k-NN index, made from inside the VPC where there is one."""
        around, config = self._around, self._around.config
        function = self.function(
            "CreateIndex",
            naming.index_function(config),
            handler="manualchat.handlers.create_index.handler",
            role=around.roles.index,
            layer=self.query_layer,
            timeout=300,
            memory=256,
        )
        resource = CustomResource(
            self,
            "Index",
            resource_type="Custom::SearchIndex",
            service_token=function.function_arn,
            service_timeout=Duration.seconds(360),
            # Another collection, or another model, is another index.
            properties={
                "Host": around.search.endpoint,
                "Index": config.index_name,
                "EmbeddingModel": config.embedding_model_id,
                "Dimensions": config.embedding_dimensions,
                "Generation": config.generation,
            },
        )
        resource.node.add_dependency(around.search.data_policy)
        if around.network is not None:
            resource.node.add_dependency(around.network)
        return resource

    def function(
        self,
        id: str,
        name: str,
        *,
        handler: str,
        role: iam.Role,
        layer: lambda_.LayerVersion,
        timeout: int,
        memory: int,
        environment: dict[str, str] | None = None,
        scratch: Size | None = None,
    ) -> lambda_.Function:
        """One function: in the private subnets where there are some, logging to its own group."""
        around, config = self._around, self._around.config
        group = logs.LogGroup(
            self,
            f"{id}Logs",
            log_group_name=naming.log_group(config, name),
            retention=logs.RetentionDays[f"{_RETENTION[config.log_retention_days]}"],
            removal_policy=RemovalPolicy.DESTROY,
        )
        around.roles.let_log(role, group)
        network = around.network
        made = lambda_.Function(
            self,
            id,
            function_name=name,
            runtime=RUNTIME,
            architecture=self._architecture,
            code=self._code,
            handler=handler,
            role=role.without_policy_updates(),
            layers=[layer],
            timeout=Duration.seconds(timeout),
            memory_size=memory,
            ephemeral_storage_size=scratch,
            log_group=group,
            vpc=network.vpc if network else None,
            vpc_subnets=PRIVATE if network else None,
            security_groups=[network.functions] if network else None,
            environment={
                "OPENSEARCH_HOST": around.search.endpoint,
                "OPENSEARCH_INDEX": config.index_name,
                "OPENSEARCH_DIALECT": config.generation,
                "EMBEDDING_MODEL_ID": config.embedding_model_id,
                "EMBEDDING_DIMENSIONS": str(config.embedding_dimensions),
                **(environment or {}),
            },
        )
        made.node.add_dependency(role.node.find_child("DefaultPolicy"))
        accept(
            made,
            "AwsSolutions-L1",
            "python3.12 is what the layers' compiled wheels are built and tested for.",
        )
        return made


class FunctionUrl(Construct):
    """Dev: a streaming URL. Signed callers only, unless `public` was asked for by name."""

    def __init__(
        self, scope: Construct, id: str, functions: Functions, config: DeploymentConfig
    ) -> None:
        super().__init__(scope, id)
        self.token: secrets.Secret | None = None
        if config.public:
            self.token = secrets.Secret(
                self,
                "Token",
                description="Bearer token that the public function URL demands",
                generate_secret_string=secrets.SecretStringGenerator(
                    exclude_punctuation=True, password_length=48
                ),
            )
            accept(
                self.token,
                "AwsSolutions-SMG4",
                "Rotating it would lock out every client at once; the owner replaces it by hand.",
            )
            functions.query.add_environment(
                "MANUALCHAT_TOKEN", self.token.secret_value.unsafe_unwrap()
            )
        origins = list(config.cors_origins) or ["*"]
        self.url = functions.query.add_function_url(
            auth_type=lambda_.FunctionUrlAuthType.NONE
            if config.public
            else lambda_.FunctionUrlAuthType.AWS_IAM,
            invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM,
            cors=lambda_.FunctionUrlCorsOptions(
                allowed_origins=origins,
                allowed_methods=[lambda_.HttpMethod.GET, lambda_.HttpMethod.POST],
                allowed_headers=[
                    "content-type",
                    "accept",
                    "authorization",
                    "x-amz-date",
                    "x-amz-security-token",
                    "x-amz-content-sha256",
                ],
                max_age=Duration.hours(1),
            ),
        )


_RETENTION = {
    1: "ONE_DAY",
    3: "THREE_DAYS",
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    90: "THREE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
}
