"""Alarms, a dashboard, and a monthly budget."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from manualchat_infra.config import DeploymentConfig
from manualchat_infra.manuals import Manuals

NAMESPACE = "manualchat"
FIVE_MINUTES = Duration.minutes(5)


class Monitoring(Construct):
    """What went wrong reaches a topic, and by e-mail whoever is named."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        config: DeploymentConfig,
        *,
        manuals: Manuals,
        embedding: lambda_.Function,
        queries: Sequence[lambda_.Function],
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self.topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        if config.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        lost = manuals.dead_letters.metric_approximate_number_of_messages_visible(
            period=FIVE_MINUTES, statistic="Maximum"
        )
        failed = _own("DocumentsFailed", "embedding_pipeline")
        self._alarm("DeadLetters", lost, 0, "A manual failed on every try: `manualchat aws logs`")
        self._alarm("FailedDocuments", failed, 0, "A manual could not be read: `manualchat list`")
        everything = [embedding, *queries]
        for function in everything:
            self._alarm(
                f"{function.node.id}Throttles",
                function.metric_throttles(period=FIVE_MINUTES),
                0,
                "Lambda refused calls: raise the account's concurrency",
            )
            self._alarm(
                f"{function.node.id}Errors",
                function.metric_errors(period=FIVE_MINUTES),
                0,
                "Invocations failed: `manualchat aws logs`",
            )
        for function in queries:
            self._alarm(
                f"{function.node.id}Slow",
                function.metric_duration(period=FIVE_MINUTES, statistic="p95"),
                15_000,
                "One answer in twenty takes more than 15 seconds",
                periods=3,
            )
        self._alarm(
            "BedrockThrottles",
            _own("Throttles", "query_pipeline"),
            5,
            "Bedrock refused questions: raise its quota, or lower the load",
        )
        self._dashboard(manuals, everything, queries)
        if config.monthly_budget_usd:
            self._budget()

    def _alarm(
        self, id: str, metric: cloudwatch.IMetric, above: float, why: str, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=why,
        )
        alarm.add_alarm_action(cloudwatch_actions.SnsAction(self.topic))

    def _dashboard(
        self,
        manuals: Manuals,
        functions: Sequence[lambda_.Function],
        queries: Sequence[lambda_.Function],
    ) -> None:
        def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)

        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self._config.stack_name,
            widgets=[
                [
                    graph(
                        "Manuals / 설명서",
                        _own("DocumentsReady", "embedding_pipeline"),
                        _own("DocumentsFailed", "embedding_pipeline"),
                        _own("PagesRead", "embedding_pipeline"),
                    ),
                    graph(
                        "Waiting and lost / 대기·실패 메시지",
                        manuals.queue.metric_approximate_number_of_messages_visible(),
                        manuals.dead_letters.metric_approximate_number_of_messages_visible(),
                    ),
                ],
                [
                    graph(
                        "Questions / 질문",
                        _own("Questions", "query_pipeline"),
                        _own("Refusals", "query_pipeline"),
                        _own("AnswerErrors", "query_pipeline"),
                    ),
                    graph(
                        "Time to the first word, p50 and p95 (ms) / 첫 단어까지",
                        _own("FirstTokenMs", "query_pipeline", "p50"),
                        _own("FirstTokenMs", "query_pipeline", "p95"),
                    ),
                ],
                [
                    graph("Errors / 오류", *[f.metric_errors() for f in functions]),
                    graph(
                        "Duration p95 / 소요 시간",
                        *[f.metric_duration(statistic="p95") for f in queries],
                    ),
                ],
            ],
        )

    def _budget(self) -> None:
        config = self._config
        subscriber = budgets.CfnBudget.SubscriberProperty(
            subscription_type="EMAIL", address=config.alarm_email
        )
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=config.stack_name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(
                    amount=config.monthly_budget_usd, unit="USD"
                ),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )


def _own(name: str, service: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric that the functions write themselves (EMF)."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=FIVE_MINUTES,
    )
