"""AWS on this machine: ministack, and a plugin for what it lacks.

What it stands in for, and what it cannot show, is listed in docs/aws-checklist.md.
"""
