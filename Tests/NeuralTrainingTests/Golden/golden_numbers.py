"""The numbers that both sides of a golden file make for themselves."""
import torch

MASK = (1 << 64) - 1


def wave(index):
    state = (index * 77 + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    z ^= z >> 31
    return 2 * ((z >> 11) * 2.0 ** -53) - 1


def waves(count, first, factor=1.0):
    return torch.tensor([factor * wave(first + index) for index in range(count)], dtype=torch.float64)


def parameters(shapes):
    """Side by side in a store, each from a multiple of sixteen elements on."""
    result, offset = {}, 0
    for name, shape in shapes:
        count = 1
        for size in shape:
            count *= size
        result[name] = waves(count, offset, 0.6).reshape(shape).requires_grad_()
        offset += (count + 15) // 16 * 16
    return result
