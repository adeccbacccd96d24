"""Numbers drawn by a seed and a number: any can be had without those before it. Pure."""

_64_BITS = (1 << 64) - 1


def uniform(seed: int, number: int) -> float:
    """Return an even number above 0 and up to 1: the same for the same arguments, unrelated for all others.

    SplitMix64's mixing of a counter (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    """
    mixed = ((seed << 32) + (number + 1) * 0x9E3779B97F4A7C15) & _64_BITS
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    mixed ^= mixed >> 31
    return ((mixed >> 11) + 1) / (1 << 53)
