"""Recommenders of other projects, run from their own packages on our splits.

`runner` starts one peer as a process of its own, in the environment that `make peers-env` makes; `run` is what that
process executes, with an adapter of this package; `exchange` is the folder that they speak through. A peer is given
what it may learn from and never what it is tested on: ranks and metrics are computed by the caller.

`run`, `exchange` and the adapters run where only the peers' packages are installed: they import none of ours, except
the adapter `ours`, which measures our own models in the same way.
"""
