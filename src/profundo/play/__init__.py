"""The playground: a network in training that can be paused, taken step by step and looked into while it learns."""
