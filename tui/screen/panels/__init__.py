"""The parts of the view, one file each: functions of the model that draw into an area and change nothing else."""
