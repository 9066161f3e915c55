"""What a unit is made of: its weights, and what adds up to its value now."""
