"""`python -m profundo` is the command line; for several processes: torchrun --nproc-per-node 2 -m profundo train ..."""

from .cli import main

if __name__ == "__main__":
    main()
