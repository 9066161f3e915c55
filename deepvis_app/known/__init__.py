"""What is known so far of what is shown. Without Qt."""
