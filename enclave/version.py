"""The software's version, the one place that says it. Read by the packaging too."""

VERSION = "0.1.0"
