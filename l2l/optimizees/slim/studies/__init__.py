"""Studies of the model: what is compared, and the findings of the published one."""
