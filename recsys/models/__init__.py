"""Scorers: each answers one question, how well does every item suit this person?"""
