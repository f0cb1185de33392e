"""The two scenarios of the deployment guide, put together from the same constructs."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from manualchat_infra.acknowledged import accept
from manualchat_infra.assets import Assets
from manualchat_infra.config import DeploymentConfig
from manualchat_infra.deployment import Deployment
from manualchat_infra.endpoints import add_endpoints
from manualchat_infra.front_door import FrontDoor
from manualchat_infra.functions import FunctionUrl
from manualchat_infra.http_api import HttpApi
from manualchat_infra.network import Network, SmallNetwork
from manualchat_infra.ui_host import Backend, PrivateUi, PublicUi


class DevStack(Deployment):
    """Scenario A: function URL, collection open by network, UI on one public host."""

    def __init__(self, scope: Construct, config: DeploymentConfig, assets: Assets) -> None:
        super().__init__(scope, config)
        self.build_pipelines(assets, network=None)
        url = FunctionUrl(self, "Url", self.functions, config)
        outputs = {"QueryUrl": url.url.url}
        if url.token is not None:
            outputs["TokenSecret"] = url.token.secret_name
        if config.ui:
            network = SmallNetwork(self, "Network", config)
            accept(network, "AwsSolutions-VPC7", "Dev: one host, no private network to watch.")
            ui = PublicUi(
                self,
                "Ui",
                config,
                network=network,
                assets=assets,
                # The URL of step 11. Its hosts sign their calls with their role.
                backend=Backend(address=url.url.url, environment={}),
                statements=[
                    *self.let_ask(),
                    iam.PolicyStatement(
                        sid="AskByUrl",
                        actions=["lambda:InvokeFunctionUrl"],
                        resources=[self.functions.query.function_arn],
                    ),
                ],
            )
            outputs["UiUrl"] = ui.url
            outputs["UiInstance"] = ui.instance.instance_id
        self.finish([self.functions.query], outputs)


class ProdStack(Deployment):
    """Scenario B: all in a VPC; an HTTP API and a load balancer are the only doors."""

    def __init__(self, scope: Construct, config: DeploymentConfig, assets: Assets) -> None:
        super().__init__(scope, config)
        network = Network(self, "Network", config)
        self.build_pipelines(assets, network)
        query = self.functions.query
        add_endpoints(network, config, manuals=self.manuals, table=self.ledger, query=query)
        buffered = self.functions.buffered_query()
        api = HttpApi(self, "Api", config, buffered)
        outputs = {
            "QueryUrl": api.url,
            "QueryHttpFunction": buffered.function_name,
            "VpcId": network.vpc.vpc_id,
        }
        if config.ui:
            ui = PrivateUi(
                self,
                "Ui",
                config,
                network=network,
                assets=assets,
                # Function URLs do not stream into a VPC; this call does, through the
                # Lambda endpoint.
                backend=Backend(address=f"lambda:{query.function_name}", environment={}),
                statements=self.let_ask(),
            )
            door = FrontDoor(
                self,
                "Door",
                config,
                network=network,
                ui=ui,
                logs=cast(s3.Bucket, self.manuals.access_logs),
            )
            outputs["UiUrl"] = door.url
        self.finish([query, buffered], outputs)
