"""The report of a run: `report.html`, one page that needs nothing else. It reads only the run folder."""

from .page import write_report

__all__ = ["write_report"]
