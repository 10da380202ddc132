"""Configuration: the four YAML files of `config/`, read, checked and made one object.

Knows files and nothing of what is done with them; only `app` and the commands use it.
"""

from switch.settings.doubts import qualified
from switch.settings.fields import Sound
from switch.settings.loader import FILES, Settings, file_model, load_settings
from switch.settings.main_file import (
    DialledNumber,
    FeatureCodes,
    Limits,
    Log,
    MainFile,
    Media,
    Mqtt,
    PortRange,
    Recordings,
    Records,
    Telemetry,
)
from switch.settings.people import Agent, Ha1, Headset
from switch.settings.queues import Queue, ServiceLevel
from switch.settings.sip import Listen, Registration, Sip
from switch.settings.trace import Trace
from switch.settings.trunks import Trunk

__all__ = [
    "FILES",
    "Agent",
    "DialledNumber",
    "FeatureCodes",
    "Ha1",
    "Headset",
    "Limits",
    "Listen",
    "Log",
    "MainFile",
    "Media",
    "Mqtt",
    "PortRange",
    "Queue",
    "Recordings",
    "Records",
    "Registration",
    "ServiceLevel",
    "Settings",
    "Sip",
    "Sound",
    "Telemetry",
    "Trace",
    "Trunk",
    "file_model",
    "load_settings",
    "qualified",
]
