// Nothing: what the precompiled header of the tests belongs to.
