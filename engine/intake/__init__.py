"""Intake: what the product says of its customers, accounts, their people and events, checked and stored.

`import_file` takes a file or a stream of one `Kind` and returns an `ImportReport`.
"""

from engine.intake.fields import Kind
from engine.intake.importing import import_file
from engine.intake.report import ImportOptions, ImportReport, Progress, Step

__all__ = ["ImportOptions", "ImportReport", "Kind", "Progress", "Step", "import_file"]
