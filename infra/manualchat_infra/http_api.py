"""Step 10 (prod): an HTTP API `POST /query` with CORS, throttling and an authorizer."""

from __future__ import annotations

import json
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from manualchat_infra import naming
from manualchat_infra.config import DeploymentConfig

# No question and no answer: who asked, when, and how it ended.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "ms": "$context.responseLatency",
    "error": "$context.error.message",
}


class HttpApi(Construct):
    """For other programs. The web UI streams past it, through InvokeWithResponseStream."""

    def __init__(
        self, scope: Construct, id: str, config: DeploymentConfig, function: lambda_.Function
    ) -> None:
        super().__init__(scope, id)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=config.stack_name,
            description="Ask the manuals: POST /query",
            create_default_stage=False,
            cors_preflight=apigateway.CorsPreflightOptions(
                allow_origins=list(config.cors_origins) or ["*"],
                allow_methods=[apigateway.CorsHttpMethod.POST, apigateway.CorsHttpMethod.OPTIONS],
                allow_headers=[
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
        group = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=naming.log_group(config, "http-api"),
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=config.api_rate_per_second, burst_limit=config.api_burst
            ),
        )
        stage = cast(apigateway.CfnStage, self.stage.node.default_child)
        stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        self.api.add_routes(
            path="/query",
            methods=[apigateway.HttpMethod.POST],
            integration=integrations.HttpLambdaIntegration(
                "Query",
                function,
                payload_format_version=apigateway.PayloadFormatVersion.VERSION_2_0,
                timeout=Duration.seconds(29),
            ),
            authorizer=_authorizer(config),
        )
        self.url = f"{self.api.api_endpoint}/query"


def _authorizer(config: DeploymentConfig) -> apigateway.IHttpRouteAuthorizer:
    if config.api_authorizer == "jwt":
        made: object = authorizers.HttpJwtAuthorizer(
            "Jwt", config.jwt_issuer, jwt_audience=list(config.jwt_audience)
        )
    else:
        made = authorizers.HttpIamAuthorizer()
    return cast(apigateway.IHttpRouteAuthorizer, made)
