"""What may repair one error: one file a family of errors, each yielding candidates of which the build picks."""
