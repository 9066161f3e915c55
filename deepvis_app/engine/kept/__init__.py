"""What is kept of earlier work: preferred images, and photographs to compare them with."""
