"""Japanese text: the only place that normalises. Each thing has one parser and one formatter."""
