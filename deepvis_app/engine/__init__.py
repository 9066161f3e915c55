"""The only room that starts threads: mailboxes, capture, the device worker, the live loop."""
