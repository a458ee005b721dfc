"""Helpers for Bends, a course on activation functions."""
