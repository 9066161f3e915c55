"""Where pictures come from: camera, video, folder, stream, screen, demo."""
