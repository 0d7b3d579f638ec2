"""The fused model: language vectors, a gated graph of items and entities, and interests of several grains in one sum."""
