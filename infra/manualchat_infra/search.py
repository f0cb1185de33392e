"""Step 6: the OpenSearch Serverless collection and who may do what with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchserverless as aoss
from constructs import Construct

from manualchat_infra.config import DeploymentConfig

READ = ("aoss:DescribeIndex", "aoss:ReadDocument")
WRITE = (*READ, "aoss:WriteDocument")
CREATE = ("aoss:CreateIndex", "aoss:DescribeIndex", "aoss:UpdateIndex")


class Search(Construct):
    """A VECTORSEARCH collection: encrypted, public by network in dev, VPC only in prod.

    The network policy says from where it answers at all; the data policy says to
    whom. In dev the network is open and the data policy still names three roles.
    """

    def __init__(
        self, scope: Construct, id: str, config: DeploymentConfig, *, endpoint_id: str | None
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        name = config.collection_name
        resource = [f"collection/{name}"]
        encryption = aoss.CfnSecurityPolicy(
            self,
            "Encryption",
            name=name,
            type="encryption",
            policy=_json(
                {
                    "Rules": [{"ResourceType": "collection", "Resource": resource}],
                    "AWSOwnedKey": True,
                }
            ),
        )
        reach: dict[str, object] = {"AllowFromPublic": True}
        if endpoint_id is not None:
            reach = {"AllowFromPublic": False, "SourceVPCEs": [endpoint_id]}
        network = aoss.CfnSecurityPolicy(
            self,
            "NetworkAccess",
            name=name,
            type="network",
            policy=_json(
                [{"Rules": [{"ResourceType": "collection", "Resource": resource}], **reach}]
            ),
        )
        self.collection = aoss.CfnCollection(
            self,
            "Collection",
            name=name,
            type="VECTORSEARCH",
            description="Passages of the manuals: vectors and words",
            collection_group_name=self._group(),
            # Of a collection in a group, the group decides.
            standby_replicas=None if config.generation == "nextgen" else _on(config),
        )
        for needed in (encryption, network, self.node.try_find_child("Group")):
            if needed is not None:
                self.collection.node.add_dependency(needed)

    def _group(self) -> str | None:
        """NextGen collections live in a group, which carries the generation and the limits."""
        config = self._config
        if config.generation == "classic":
            return None
        group = aoss.CfnCollectionGroup(
            self,
            "Group",
            name=config.collection_name,
            generation="NEXTGEN",
            standby_replicas=_on(config),
            capacity_limits=aoss.CfnCollectionGroup.CapacityLimitsProperty(
                min_indexing_capacity_in_ocu=config.min_ocu,
                min_search_capacity_in_ocu=config.min_ocu,
                max_indexing_capacity_in_ocu=config.max_ocu,
                max_search_capacity_in_ocu=config.max_ocu,
            ),
        )
        return cast(str, group.name)

    @property
    def endpoint(self) -> str:
        """`https://…`: what OPENSEARCH_HOST holds. An URL, so that a local double can be one too."""
        return cast(str, self.collection.attr_collection_endpoint)

    def let(
        self,
        *,
        writers: Sequence[iam.IRole],
        readers: Sequence[iam.IRole],
        makers: Sequence[iam.IRole],
    ) -> None:
        """The data access policy, and the IAM half that goes with it."""
        name = self._config.collection_name
        index = [f"index/{name}/{self._config.index_name}*"]
        rules = [
            {
                "Description": who,
                "Rules": [{"ResourceType": "index", "Resource": index, "Permission": list(what)}],
                "Principal": [role.role_arn for role in roles],
            }
            for who, roles, what in (
                ("embedding writes", writers, WRITE),
                ("query reads", readers, READ),
                ("setup creates the index", makers, CREATE),
            )
        ]
        policy = aoss.CfnAccessPolicy(
            self, "DataAccess", name=name, type="data", policy=_json(rules, self)
        )
        policy.node.add_dependency(self.collection)
        self.data_policy = policy
        for role in (*writers, *readers, *makers):
            role.add_to_principal_policy(
                iam.PolicyStatement(
                    sid="SearchCollection",
                    actions=["aoss:APIAccessAll"],
                    resources=[self.collection.attr_arn],
                )
            )


def _on(config: DeploymentConfig) -> str:
    return "ENABLED" if config.standby_replicas else "DISABLED"


def _json(document: object, scope: Construct | None = None) -> str:
    if scope is None:
        return json.dumps(document)
    from aws_cdk import Stack

    return cast(str, Stack.of(scope).to_json_string(document))
