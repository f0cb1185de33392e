"""Steps 11 and 12: the Streamlit UI, on one public host (dev) or behind a load balancer (prod)."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnTag, Duration, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from manualchat_infra.acknowledged import accept
from manualchat_infra.assets import Assets
from manualchat_infra.config import DeploymentConfig
from manualchat_infra.network import PRIVATE, PUBLIC, Network, SmallNetwork
from manualchat_infra.user_data import user_data

HEALTH_PATH = "/_stcore/health"


@dataclass(frozen=True)
class Backend:
    """Where the UI sends its questions: the value of MANUALCHAT_BACKEND."""

    address: str
    environment: dict[str, str]


class UiRole(Construct):
    """What a UI host may do: fetch its bundle, ask questions, be managed without SSH."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bundle: s3_assets.Asset,
        statements: list[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        for statement in (
            iam.PolicyStatement(
                sid="FetchBundle",
                actions=["s3:GetObject"],
                resources=[bundle.bucket.arn_for_objects(bundle.s3_object_key)],
            ),
            iam.PolicyStatement(
                sid="SessionManager",
                actions=[
                    "ssm:UpdateInstanceInformation",
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                resources=["*"],
            ),
            *statements,
        ):
            self.role.add_to_policy(statement)
        accept(
            self.role,
            "AwsSolutions-IAM5[Resource::*]",
            "Session Manager's actions know no resources; all else names its resource.",
        )


class PublicUi(Construct):
    """Dev: one EC2 instance with an Elastic IP, its port open to the given networks only."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        config: DeploymentConfig,
        *,
        network: SmallNetwork,
        assets: Assets,
        backend: Backend,
        statements: list[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        bundle = s3_assets.Asset(self, "Bundle", path=str(assets.ui))
        role = UiRole(self, "Permissions", bundle=bundle, statements=statements).role
        for cidr in config.allowed_cidrs:
            network.ui.add_ingress_rule(
                _peer(cidr), ec2.Port.tcp(config.ui_port), "The web UI, from an allowed network"
            )
        self.instance = ec2.Instance(
            self,
            "Instance",
            vpc=network.vpc,
            vpc_subnets=PUBLIC,
            security_group=network.ui,
            role=role,
            instance_type=ec2.InstanceType(config.ui_instance_type),
            machine_image=ec2.MachineImage.latest_amazon_linux2023(),
            user_data=user_data(config, bundle, backend.address, backend.environment),
            # A new bundle means a new host; the address stays.
            user_data_causes_replacement=True,
            require_imdsv2=True,
            detailed_monitoring=False,
            block_devices=[_disk()],
        )
        accept(self.instance, "AwsSolutions-EC28", "Dev: five-minute metrics are enough.")
        accept(self.instance, "AwsSolutions-EC29", "Dev: `destroy` must be able to end it.")
        self.address = ec2.CfnEIP(
            self, "Address", domain="vpc", tags=[CfnTag(key="Name", value=config.stack_name)]
        )
        ec2.CfnEIPAssociation(
            self,
            "Attach",
            allocation_id=self.address.attr_allocation_id,
            instance_id=self.instance.instance_id,
        )
        self.url = f"http://{self.address.attr_public_ip}:{config.ui_port}"


class PrivateUi(Construct):
    """Prod: an auto scaling group in the private subnets."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        config: DeploymentConfig,
        *,
        network: Network,
        assets: Assets,
        backend: Backend,
        statements: list[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        bundle = s3_assets.Asset(self, "Bundle", path=str(assets.ui))
        self.bundle = bundle
        role = UiRole(self, "Permissions", bundle=bundle, statements=statements).role
        template = ec2.LaunchTemplate(
            self,
            "Template",
            instance_type=ec2.InstanceType(config.ui_instance_type),
            machine_image=ec2.MachineImage.latest_amazon_linux2023(),
            role=role,
            security_group=network.ui,
            user_data=user_data(config, bundle, backend.address, backend.environment),
            require_imdsv2=True,
            http_put_response_hop_limit=1,
            associate_public_ip_address=False,
            detailed_monitoring=True,
            block_devices=[_disk()],
        )
        self.group = autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=network.vpc,
            vpc_subnets=PRIVATE,
            launch_template=template,
            min_capacity=config.ui_min_instances,
            max_capacity=config.ui_max_instances,
            health_checks=autoscaling.HealthChecks.with_additional_checks(
                additional_types=[autoscaling.AdditionalHealthCheckType.ELB],
                grace_period=Duration.minutes(10),
            ),
            update_policy=autoscaling.UpdatePolicy.rolling_update(
                min_instances_in_service=0 if config.ui_max_instances == 1 else 1,
                max_batch_size=1,
            ),
            group_metrics=[autoscaling.GroupMetrics.all()],
        )
        self.group.scale_on_cpu_utilization("Cpu", target_utilization_percent=60)
        Tags.of(self.group).add("Name", f"{config.stack_name}-ui")
        accept(
            self.group,
            "AwsSolutions-AS3",
            "Scaling events show on the dashboard; failed health checks raise an alarm.",
        )


def _peer(cidr: str) -> ec2.IPeer:
    return ec2.Peer.ipv6(cidr) if ":" in cidr else ec2.Peer.ipv4(cidr)


def _disk() -> ec2.BlockDevice:
    return ec2.BlockDevice(
        device_name="/dev/xvda",
        volume=ec2.BlockDeviceVolume.ebs(
            12, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3, delete_on_termination=True
        ),
    )
