"""The public site: what recipients and providers reach from outside."""
