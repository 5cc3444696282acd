"""The studio: a page in the browser, on this machine only, from which networks are trained and looked into.

The server imports neither PyTorch nor the loop. What computes is a process of its own: `profundo.worker play`, one for
each page that plays; `profundo.worker ask`, a few for questions; `profundo train`, one for each training, which goes on
when the server is gone. Everything else it reads from run folders.
"""
