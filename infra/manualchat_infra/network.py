"""Steps 3 and 4 (prod): a VPC over two zones, its NAT gateway and its endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from manualchat_infra import naming
from manualchat_infra.config import DeploymentConfig

PUBLIC = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


class Network(Construct):
    """Public subnets for the load balancer and NAT, private ones for all else."""

    def __init__(self, scope: Construct, id: str, config: DeploymentConfig) -> None:
        super().__init__(scope, id)
        self._config = config
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(config.vpc_cidr),
            max_azs=2,
            nat_gateways=config.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24
                ),
                ec2.SubnetConfiguration(
                    name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24
                ),
            ],
        )
        _flow_log(self, self.vpc, config)
        self.functions = ec2.SecurityGroup(
            self, "Functions", vpc=self.vpc, description="The Lambda functions: outbound only"
        )
        self.ui = ec2.SecurityGroup(
            self, "Ui", vpc=self.vpc, description="The web UI: reached by the load balancer only"
        )
        self.endpoints = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            allow_all_outbound=False,
            description="VPC endpoints: HTTPS from the functions and the UI",
        )
        for source in (self.functions, self.ui):
            self.endpoints.add_ingress_rule(source, ec2.Port.tcp(443), "HTTPS inside the VPC")
        self.search_endpoint_id = self._search_endpoint()

    def _search_endpoint(self) -> str:
        """The endpoint for OpenSearch Serverless, of the kind its generation needs.

        NextGen is reached through an ordinary interface endpoint (`aoss-data`);
        Classic through one that OpenSearch Serverless manages itself. Source:
        docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-vpc.html
        """
        private = self.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        if self._config.generation == "classic":
            from aws_cdk import aws_opensearchserverless as aoss

            managed = aoss.CfnVpcEndpoint(
                self,
                "Search",
                name=self._config.stack_name,
                vpc_id=self.vpc.vpc_id,
                subnet_ids=private.subnet_ids,
                security_group_ids=[self.endpoints.security_group_id],
            )
            return cast(str, managed.attr_id)
        endpoint = self.vpc.add_interface_endpoint(
            "Search",
            service=ec2.InterfaceVpcEndpointService(
                f"com.amazonaws.{self._config.region}.aoss-data", 443
            ),
            private_dns_enabled=True,
            open=False,
            subnets=PRIVATE,
            security_groups=[self.endpoints],
        )
        return endpoint.vpc_endpoint_id

    def add_gateway(
        self,
        id: str,
        service: ec2.GatewayVpcEndpointAwsService,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        """A gateway endpoint (S3, DynamoDB) that lets through only `statements`."""
        endpoint = self.vpc.add_gateway_endpoint(id, service=service, subnets=[PRIVATE])
        for statement in statements:
            endpoint.add_to_policy(statement)

    def add_interface(
        self,
        id: str,
        service: ec2.InterfaceVpcEndpointAwsService,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        """An interface endpoint (Bedrock, Lambda, Logs) that lets through only `statements`."""
        endpoint = self.vpc.add_interface_endpoint(
            id,
            service=service,
            private_dns_enabled=True,
            open=False,
            subnets=PRIVATE,
            security_groups=[self.endpoints],
        )
        for statement in statements:
            endpoint.add_to_policy(statement)


class SmallNetwork(Construct):
    """Scenario A: one public subnet for the UI's host, and nothing that costs money."""

    def __init__(self, scope: Construct, id: str, config: DeploymentConfig) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(config.vpc_cidr),
            max_azs=1,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24
                )
            ],
        )
        self.ui = ec2.SecurityGroup(
            self, "Ui", vpc=self.vpc, description="The web UI: its port, from the given networks"
        )


def _flow_log(scope: Construct, vpc: ec2.Vpc, config: DeploymentConfig) -> None:
    group = logs.LogGroup(
        scope,
        "FlowLogGroup",
        log_group_name=naming.log_group(config, "network"),
        retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=RemovalPolicy.DESTROY,
    )
    vpc.add_flow_log(
        "FlowLog",
        destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
        traffic_type=ec2.FlowLogTrafficType.REJECT,
    )
