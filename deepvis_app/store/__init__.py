"""What is kept: results by their content, an SQLite index with files beside it."""
