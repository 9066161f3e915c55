"""Plots in one frame: read-out, zoom, data and figures as files. By pyqtgraph."""
