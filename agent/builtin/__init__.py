"""The chat model that needs no server, no graphics card and no download: rules over the catalogue's own
words."""
