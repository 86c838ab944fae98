"""A page to look at shards with: one file, no network, motion and captions side by side."""

from posecap.report.build import ReportOptions, ReportSummary, write_report

__all__ = ["ReportOptions", "ReportSummary", "write_report"]
