"""The composition: the only package that knows every other."""
