"""What the switch tells the outside of itself: metrics, health, events over MQTT.

Reads events and counters; never tells a call what to do. An agent command that comes
by MQTT is handed to the function that `app` gave.
"""

from switch.telemetry.commands import AgentCommand, Command, ForceCommand, ReleaseCommand
from switch.telemetry.http import TelemetryServer
from switch.telemetry.loop_lag import LoopLag
from switch.telemetry.metrics import Metrics
from switch.telemetry.mqtt import MqttLink, MqttSettings
from switch.telemetry.sip_snapshot import SipSnapshot
from switch.telemetry.snapshots import Watched
from switch.telemetry.stream_metrics import StreamsSnapshot

__all__ = [
    "AgentCommand",
    "Command",
    "ForceCommand",
    "LoopLag",
    "Metrics",
    "MqttLink",
    "MqttSettings",
    "ReleaseCommand",
    "SipSnapshot",
    "StreamsSnapshot",
    "TelemetryServer",
    "Watched",
]
