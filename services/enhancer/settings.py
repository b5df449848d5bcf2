"""What an operator may set for the enhancer."""

from services.runtime.settings import RuntimeSettings


class EnhancerSettings(RuntimeSettings):
    """Nothing beyond what every service has."""
