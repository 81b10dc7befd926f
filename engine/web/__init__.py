"""Pages: the preview for those who write."""
