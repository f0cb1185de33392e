"""Step 12 (prod): the load balancer, and optionally HTTPS, a domain, sign-in and a firewall."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_actions as actions
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from manualchat_infra.acknowledged import accept
from manualchat_infra.config import ANYWHERE, DeploymentConfig
from manualchat_infra.network import PUBLIC, Network
from manualchat_infra.ui_host import HEALTH_PATH, PrivateUi

# Streamlit keeps one websocket a session open; it pings every 20 s.
IDLE = Duration.minutes(10)


class FrontDoor(Construct):
    """An Application Load Balancer that speaks websockets to the UI's hosts."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        config: DeploymentConfig,
        *,
        network: Network,
        ui: PrivateUi,
        logs: s3.Bucket,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        secure = bool(config.certificate_arn)
        guard = ec2.SecurityGroup(
            self,
            "Guard",
            vpc=network.vpc,
            allow_all_outbound=False,
            description="The load balancer: from the allowed networks to the UI",
        )
        for cidr in config.allowed_cidrs:
            peer = ec2.Peer.ipv6(cidr) if ":" in cidr else ec2.Peer.ipv4(cidr)
            for port in (80, 443) if secure else (80,):
                guard.add_ingress_rule(peer, ec2.Port.tcp(port), "From an allowed network")
        guard.add_egress_rule(network.ui, ec2.Port.tcp(config.ui_port), "To the UI")
        if secure and config.sign_in:
            guard.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "To Cognito")
        network.ui.add_ingress_rule(guard, ec2.Port.tcp(config.ui_port), "From the load balancer")
        if any(cidr in ANYWHERE for cidr in config.allowed_cidrs):
            accept(
                guard, "AwsSolutions-EC23", "Open to everyone by setting; Cognito signs them in."
            )

        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=PUBLIC,
            internet_facing=True,
            security_group=guard,
            idle_timeout=IDLE,
            drop_invalid_header_fields=True,
            deletion_protection=False,
        )
        self.balancer.log_access_logs(logs, prefix="load-balancer")
        self.target = elb.ApplicationTargetGroup(
            self,
            "Hosts",
            vpc=network.vpc,
            protocol=elb.ApplicationProtocol.HTTP,
            port=config.ui_port,
            targets=[ui.group],
            # A session lives in one host's memory.
            stickiness_cookie_duration=Duration.days(1),
            deregistration_delay=Duration.seconds(60),
            health_check=elb.HealthCheck(
                path=HEALTH_PATH,
                healthy_http_codes="200",
                interval=Duration.seconds(15),
                healthy_threshold_count=2,
            ),
        )
        forward = elb.ListenerAction.forward([self.target])
        if secure:
            self.balancer.add_listener(
                "Https",
                port=443,
                open=False,
                certificates=[elb.ListenerCertificate.from_arn(config.certificate_arn)],
                ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
                default_action=self._signed_in(forward) if config.sign_in else forward,
            )
            self.balancer.add_listener(
                "Http",
                port=80,
                open=False,
                default_action=elb.ListenerAction.redirect(
                    protocol="HTTPS", port="443", permanent=True
                ),
            )
        else:
            self.balancer.add_listener("Http", port=80, open=False, default_action=forward)
        if config.waf:
            self._firewall()
        host = config.domain_name or self.balancer.load_balancer_dns_name
        self.url = f"{'https' if secure else 'http'}://{host}"
        if config.hosted_zone_id:
            self._domain()

    def _signed_in(self, then: elb.ListenerAction) -> elb.ListenerAction:
        """Cognito before anything reaches the UI. People are invited; nobody signs up."""
        config = self._config
        pool = cognito.UserPool(
            self,
            "People",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            removal_policy=RemovalPolicy.RETAIN if config.retained else RemovalPolicy.DESTROY,
        )
        accept(pool, "AwsSolutions-COG2", "MFA is offered; the owner of the pool may demand it.")
        accept(
            pool, "AwsSolutions-COG3", "Threat protection needs the Plus plan: the owner's choice."
        )
        accept(pool, "AwsSolutions-COG8", "As COG3: the Plus plan is the owner's choice.")
        host = config.domain_name or self.balancer.load_balancer_dns_name
        client = pool.add_client(
            "Balancer",
            generate_secret=True,
            prevent_user_existence_errors=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=[f"https://{host}/oauth2/idpresponse"],
            ),
        )
        domain = pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=config.cognito_domain_prefix),
        )
        return cast(
            elb.ListenerAction,
            actions.AuthenticateCognitoAction(
                user_pool=pool, user_pool_client=client, user_pool_domain=domain, next=then
            ),
        )

    def _firewall(self) -> None:
        """AWS' common rules and a limit on requests an address."""
        visible = waf.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True,
            metric_name="manualchat",
            sampled_requests_enabled=True,
        )
        acl = waf.CfnWebACL(
            self,
            "Firewall",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=visible,
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="common",
                    priority=0,
                    override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                    visibility_config=visible,
                    statement=waf.CfnWebACL.StatementProperty(
                        managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                            vendor_name="AWS",
                            name="AWSManagedRulesCommonRuleSet",
                            # A PDF that is uploaded is larger than 8 KB.
                            rule_action_overrides=[
                                waf.CfnWebACL.RuleActionOverrideProperty(
                                    name="SizeRestrictions_BODY",
                                    action_to_use=waf.CfnWebACL.RuleActionProperty(count={}),
                                )
                            ],
                        )
                    ),
                ),
                waf.CfnWebACL.RuleProperty(
                    name="rate",
                    priority=1,
                    action=waf.CfnWebACL.RuleActionProperty(block={}),
                    visibility_config=visible,
                    statement=waf.CfnWebACL.StatementProperty(
                        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                            aggregate_key_type="IP", limit=2_000
                        )
                    ),
                ),
            ],
        )
        waf.CfnWebACLAssociation(
            self,
            "Firewalled",
            resource_arn=self.balancer.load_balancer_arn,
            web_acl_arn=acl.attr_arn,
        )

    def _domain(self) -> None:
        config = self._config
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self,
            "Zone",
            hosted_zone_id=config.hosted_zone_id,
            zone_name=config.domain_name.partition(".")[2],
        )
        route53.ARecord(
            self,
            "Name",
            zone=zone,
            record_name=f"{config.domain_name}.",
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer)),
        )
