"""The CDK app: one construct a capability, two thin stacks."""
