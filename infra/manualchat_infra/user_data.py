"""What a UI host runs at its first start: install the bundle, start it under systemd."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3_assets as s3_assets

from manualchat_infra.config import DeploymentConfig

# The newest Python of Amazon Linux 2023 that manualchat supports.
PYTHON = "python3.12"

_INSTALL = """\
dnf install -y -q {python} {python}-pip unzip
useradd --system --home-dir /var/lib/manualchat --create-home --shell /sbin/nologin manualchat
install -d /opt/manualchat/bundle
aws s3 cp --only-show-errors "s3://{bucket}/{key}" /opt/manualchat/bundle.zip --region {region}
unzip -q -o /opt/manualchat/bundle.zip -d /opt/manualchat/bundle
{python} -m venv /opt/manualchat/venv
wheel="$(ls /opt/manualchat/bundle/*.whl)"
/opt/manualchat/venv/bin/pip install -q --no-input --disable-pip-version-check \\
  --constraint /opt/manualchat/bundle/constraints.txt "$wheel[ui,aws]"
"""

_UNIT = """\
cat > /etc/systemd/system/manualchat-ui.service <<'UNIT'
[Unit]
Description=manualchat web UI
Wants=network-online.target
After=network-online.target

[Service]
User=manualchat
EnvironmentFile=/etc/manualchat.env
ExecStart=/opt/manualchat/venv/bin/manualchat ui --host 0.0.0.0 --port {port} --no-browser
Restart=always
RestartSec=5
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes
ReadWritePaths=/var/lib/manualchat

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now manualchat-ui.service
"""


def user_data(
    config: DeploymentConfig, bundle: s3_assets.Asset, backend: str, environment: dict[str, str]
) -> ec2.UserData:
    """The shell script. Nothing secret stands in it: hosts get their rights from the role."""
    script = ec2.UserData.for_linux(shebang="#!/bin/bash -eu")
    script.add_commands(
        _INSTALL.format(
            python=PYTHON,
            bucket=bundle.s3_bucket_name,
            key=bundle.s3_object_key,
            region=config.region,
        )
    )
    values = {
        "AWS_REGION": config.region,
        "MANUALCHAT_BACKEND": backend,
        "MANUALCHAT_LIBRARY": "/var/lib/manualchat/library",
        "MANUALCHAT_CACHE": "/var/lib/manualchat/cache",
        "HOME": "/var/lib/manualchat",
        **environment,
    }
    lines = "\n".join(f"{name}={value}" for name, value in values.items())
    script.add_commands(
        f"install -m 0640 -g manualchat /dev/null /etc/manualchat.env\n"
        f"cat > /etc/manualchat.env <<'ENVIRONMENT'\n{lines}\nENVIRONMENT"
    )
    script.add_commands(_UNIT.format(port=config.ui_port))
    return script
