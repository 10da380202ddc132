"""The IVR: flows in YAML, and what runs them. PURE: a flow acts through `call.Call` only."""
