"""The desk: what every door uses. Projects on disk, opened, and all that is done with one."""
