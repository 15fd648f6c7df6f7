"""Files as the user sees them: disk under unsaved buffers, frozen into views."""
