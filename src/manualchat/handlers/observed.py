"""JSON logs and CloudWatch metrics (EMF) of the functions, through powertools.

EMF: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

NAMESPACE = "manualchat"


def logger(service: str) -> Any:
    """A logger of JSON lines for this function."""
    os.environ.setdefault("POWERTOOLS_SERVICE_NAME", service)
    from aws_lambda_powertools import Logger

    return Logger(service=service, utc=True, json_default=str)


def count(service: str, values: Mapping[str, float]) -> None:
    """Write metrics as one EMF line. Names end in what they count in: Seconds, Ms, or a number."""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    for name, value in values.items():
        unit = MetricUnit.Count
        if name.endswith("Seconds"):
            unit = MetricUnit.Seconds
        elif name.endswith("Ms"):
            unit = MetricUnit.Milliseconds
        metrics.add_metric(name=name, unit=unit, value=value)
    if values:
        metrics.flush_metrics()
