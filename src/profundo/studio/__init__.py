"""The studio: a page in the browser, on this machine only, from which networks are trained and looked into."""
