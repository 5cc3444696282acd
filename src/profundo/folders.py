"""Run folders, listed and tidied without starting PyTorch: what is there, how it goes, tags, deleting."""
