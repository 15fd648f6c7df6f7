"""The formats a model may answer in: each file holds one format's instructions beside its reader."""
