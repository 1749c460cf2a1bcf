"""What a plan of releases is worth: the end of an experiment with the demes optimizee."""


def conclude(optimizee, experiment):
    pass
