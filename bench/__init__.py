"""Measuring the service: each figure beside its floor, in the same run."""
