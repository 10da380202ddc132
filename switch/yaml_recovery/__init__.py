"""PURE: what can be read of a file that is no YAML. For telling only: nothing is run from it."""

from switch.yaml_recovery.draft import Gap
from switch.yaml_recovery.recovery import Recovered, gap_at, recovered

__all__ = ["Gap", "Recovered", "gap_at", "recovered"]
