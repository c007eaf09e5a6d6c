"""File → Report: what the open project is made of, rendered, to be read, copied and saved."""

from app.report.dialog import ReportDialog

__all__ = ["ReportDialog"]
