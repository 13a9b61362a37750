"""What user interfaces say in twelve languages: their labels, and content that cannot be guessed."""
