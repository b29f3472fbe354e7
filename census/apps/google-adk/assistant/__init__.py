from . import agent  # noqa: F401 -- adk looks here
