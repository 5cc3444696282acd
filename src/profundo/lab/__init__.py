"""Small experiments that each show one idea: what they are called, how they run, and their page."""
