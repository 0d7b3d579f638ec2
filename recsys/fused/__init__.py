"""The fused model: language vectors, a gated graph and interests of several grains in one additive score."""
