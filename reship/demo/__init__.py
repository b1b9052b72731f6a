"""An installation to try: an excerpt of a real merchant's orders, with invented people."""
