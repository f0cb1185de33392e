"""Step 5: the bucket that PDFs are put into, and the queue that its events wait in."""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from manualchat_infra.acknowledged import accept
from manualchat_infra.config import DeploymentConfig

# What the embedding pipeline understands (docs/aws-interfaces.md).
EVENTS = (
    "s3:ObjectCreated:*",
    "s3:ObjectRemoved:*",
    "s3:LifecycleExpiration:*",
)
TRIES = 5


class Manuals(Construct):
    """Bucket → queue → (function), with a dead-letter queue for what fails every time."""

    def __init__(self, scope: Construct, id: str, config: DeploymentConfig) -> None:
        super().__init__(scope, id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Six times the function's timeout, as Lambda's guide asks for
            # (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
            visibility_timeout=Duration.seconds(6 * config.embedding_timeout_seconds),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )
        prod = config.scenario == "prod"
        self.access_logs = self._access_logs(config) if prod else None
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN if config.retained else RemovalPolicy.DESTROY,
            server_access_logs_bucket=self.access_logs,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(90 if config.retained else 7),
                    abort_incomplete_multipart_upload_after=Duration.days(2),
                    expired_object_delete_marker=True,
                )
            ],
        )
        if not prod:
            accept(
                self.bucket,
                "AwsSolutions-S1",
                "Dev: a bucket of access logs would outlive and outweigh what it watches.",
            )
        self._send_events_to_queue()

    def _access_logs(self, config: DeploymentConfig) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            removal_policy=RemovalPolicy.RETAIN if config.retained else RemovalPolicy.DESTROY,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(config.log_retention_days))],
        )
        accept(bucket, "AwsSolutions-S1", "It is the bucket that holds the access logs.")
        return bucket

    def _send_events_to_queue(self) -> None:
        """Wire bucket → queue in the bucket itself.

        CDK's `add_event_notification` would bring a function of its own that may
        rewrite the notifications of every bucket in the account. The queue's policy
        names the bucket by account and by CloudFormation's name for it, not by its
        ARN, since S3 wants the policy in place before the bucket is configured.
        """
        bucket = cast(s3.CfnBucket, self.bucket.node.default_child)
        only_pdf = s3.CfnBucket.NotificationFilterProperty(
            s3_key=s3.CfnBucket.S3KeyFilterProperty(
                rules=[s3.CfnBucket.FilterRuleProperty(name="suffix", value=".pdf")]
            )
        )
        upper_pdf = s3.CfnBucket.NotificationFilterProperty(
            s3_key=s3.CfnBucket.S3KeyFilterProperty(
                rules=[s3.CfnBucket.FilterRuleProperty(name="suffix", value=".PDF")]
            )
        )
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event=event, queue=self.queue.queue_arn, filter=filter
                )
                for event in EVENTS
                for filter in (only_pdf, upper_pdf)
            ]
        )
        prefix = Stack.of(self).stack_name.lower()
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="BucketEvents",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{prefix}-*"},
                },
            )
        )
        bucket.node.add_dependency(self.queue.node.find_child("Policy"))
