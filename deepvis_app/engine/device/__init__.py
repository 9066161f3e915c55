"""Where the network computes: the device, its recorded passes, the replica that runs on it."""
