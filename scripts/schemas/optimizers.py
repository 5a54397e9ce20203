"""The parameters of torch's optimizers and of those in bitsandbytes, which no framework's own source lists.

From the signatures of torch.optim.AdamW, Adam and SGD (torch 2.10) and bitsandbytes.optim.AdamW8bit (0.49). No types and defaults: they
differ between the classes.
"""

from .shapes import Key, anything

PARAMETERS = """
    amsgrad betas block_wise capturable dampening differentiable eps foreach fused is_paged lr maximize min_8bit_size momentum nesterov
    optim_bits percentile_clipping weight_decay""".split()


def add_to(shape):
    """Adds the parameters to a mapping that takes other keys too."""
    for name in PARAMETERS:
        shape.keys.setdefault(name, Key(anything()))
    return shape
