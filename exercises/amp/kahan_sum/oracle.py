"""The oracle: Knuth's two-sum in float64, rounded to bfloat16 only where p and comp are stored."""


def kahan_add_(p, upd, comp):
    a, b = p.double(), upd.double() + comp.double()
    total = a + b
    shadow = total - a
    lost = (a - (total - shadow)) + (b - shadow)
    p.copy_(total)
    comp.copy_(total - p.double() + lost)
