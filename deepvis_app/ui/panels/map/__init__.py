"""Where the present frame is among all scanned pictures."""
