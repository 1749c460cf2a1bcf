"""The life stages of a louse, as indices of the state's second axis."""

L1 = 0  # nauplius
L2 = 1  # copepodid, the stage that infects
L3 = 2  # chalimus, the first stage on a fish
L4 = 3  # pre-adult
L5F = 4  # adult female
L5M = 5  # adult male
N_STAGES = 6
STAGE_NAMES = ("L1", "L2", "L3", "L4", "L5f", "L5m")
