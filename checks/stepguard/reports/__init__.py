"""Renderings of a report: text for people, JSON and SARIF for programs."""
