"""Text and how it changes: offsets, lines, patches, diffs and the formats a model answers in; no IO."""
