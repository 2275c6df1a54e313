"""Programs that wire the parts together: options in, parts started, nothing else."""
