"""What devices pull: everything that changed in a reader's area since a token."""
