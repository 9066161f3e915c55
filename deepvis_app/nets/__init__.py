"""The network under study: loading, layers, taps, receptive fields, preprocessing.

Plain science: torch in, values out. No Qt, no threads, no settings.
"""
