#!/usr/bin/env python3
"""Writes the golden values of this folder with PyTorch on the CPU, in double precision.

Tests read the files alone; PyTorch is needed only to write them anew. Each file holds cases:
`case NAME`, then one array a line: its name, its sizes joined by x, its numbers.

usage: generate.py <folder of the files>
"""
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


class File:
    def __init__(self, folder, name, about):
        self.out = open(os.path.join(folder, name + ".txt"), "w")
        print(f"# {about}; by generate.py with PyTorch {torch.__version__.split('+')[0]}.", file=self.out)

    def case(self, name, **arrays):
        print("case", name, file=self.out)
        for key, value in arrays.items():
            value = torch.as_tensor(value).detach()
            sizes = "x".join(str(size) for size in (value.shape or (1,)))
            numbers = " ".join(format(float(v), ".12g") for v in value.flatten())
            print(key, sizes, numbers, file=self.out)


def rounded(*sizes):
    """Numbers that the file holds exactly: few decimals."""
    return (torch.randn(*sizes) * 512).round() / 1024


def leaf(*sizes):
    return rounded(*sizes).requires_grad_()


def convolution(folder):
    file = File(folder, "convolution", "Convolutions with their gradients: options are pad, stride, dilation, groups")
    for name, f, x, w, pad, stride, dilation, groups in [
            ("plain", F.conv2d, (2, 3, 5, 6), (4, 3, 3, 3), 1, 1, 1, 1),
            ("strided_dilated", F.conv2d, (2, 2, 9, 8), (3, 2, 3, 2), 2, 2, 2, 1),
            ("grouped", F.conv2d, (1, 4, 5, 5), (6, 2, 3, 3), 1, 1, 1, 2),
            ("depthwise", F.conv2d, (2, 3, 6, 6), (3, 1, 3, 3), 1, 2, 1, 3),
            ("volume", F.conv3d, (1, 2, 4, 5, 4), (2, 2, 2, 3, 2), 1, 1, 1, 1)]:
        x, w = leaf(*x), leaf(*w)
        y = f(x, w, padding=pad, stride=stride, dilation=dilation, groups=groups)
        dy = rounded(*y.shape)
        y.backward(dy)
        file.case(name, options=torch.tensor([pad, stride, dilation, groups]), x=x, w=w, y=y, dy=dy,
                  dx=x.grad, dw=w.grad)


def pooling(folder):
    file = File(folder, "pooling", "Pooling with its gradients: options are cuDNN's mode, window, pad, stride")
    for name, mode, f in [
            ("maximum", 0, lambda x: F.max_pool2d(x, 3, 2, 1)),
            ("average_with_padding", 1, lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=True)),
            ("average_without_padding", 2, lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))]:
        x = leaf(2, 2, 7, 5)
        y = f(x)
        dy = rounded(*y.shape)
        y.backward(dy)
        file.case(name, options=torch.tensor([mode, 3, 1, 2]), x=x, y=y, dy=dy, dx=x.grad)


def normalization(folder):
    file = File(folder, "normalization", "Normalizations with their gradients; epsilon is 1e-3, the factor 0.3")
    epsilon, factor = 1e-3, 0.3
    x, scale, bias = leaf(3, 4, 2, 3), leaf(4), leaf(4)
    mean, variance = rounded(4), rounded(4).abs()
    oldMean, oldVariance = mean.clone(), variance.clone()
    y = F.batch_norm(x, mean, variance, scale, bias, True, factor, epsilon)
    dy = rounded(*y.shape)
    y.backward(dy)
    given = F.batch_norm(x, oldMean, oldVariance, scale, bias, False, factor, epsilon)
    file.case("batch", x=x, scale=scale, bias=bias, oldMean=oldMean, oldVariance=oldVariance, y=y,
              mean=mean, variance=variance, inference=given, dy=dy, dx=x.grad, dscale=scale.grad,
              dbias=bias.grad)
    x, scale, bias = leaf(5, 12), leaf(12), leaf(12)
    y = F.layer_norm(x, (12,), scale, bias, epsilon)
    dy = rounded(*y.shape)
    y.backward(dy)
    file.case("layer", x=x, scale=scale, bias=bias, y=y, dy=dy, dx=x.grad, dscale=scale.grad,
              dbias=bias.grad)
    x = leaf(2, 7, 2, 2)
    y = F.local_response_norm(x, 5, alpha=0.5, beta=0.75, k=1.5)
    dy = rounded(*y.shape)
    y.backward(dy)
    file.case("local_response", x=x, y=y, dy=dy, dx=x.grad)
    for name, f in [("softmax", F.softmax), ("log_softmax", F.log_softmax)]:
        x = leaf(2, 5, 2, 2)
        y = f(x, dim=1)
        dy = rounded(*y.shape)
        y.backward(dy)
        file.case(name, x=x, y=y, dy=dy, dx=x.grad)


def recurrent(folder):
    file = File(folder, "recurrent", "Recurrent networks with their gradients: options are cuDNN's cell, layers, "
                "directions, projection; weights lie as cuDNN's")
    modules = {"relu": (0, lambda *a, **k: nn.RNN(*a, nonlinearity="relu", **k)), "tanh": (1, nn.RNN),
               "lstm": (2, nn.LSTM), "gru": (3, nn.GRU)}
    for name, cell, layers, directions, projection, lengths in [
            ("relu", "relu", 1, 1, 0, [3, 3]), ("tanh_both_ways", "tanh", 2, 2, 0, [3, 3]),
            ("lstm", "lstm", 1, 1, 0, [4, 4]), ("lstm_both_ways", "lstm", 2, 2, 0, [3, 3]),
            ("lstm_projected", "lstm", 2, 1, 3, [3, 3]), ("lstm_lengths", "lstm", 2, 2, 0, [4, 2, 1]),
            ("gru", "gru", 1, 1, 0, [4, 4]), ("gru_both_ways", "gru", 2, 2, 0, [3, 3]),
            ("gru_lengths", "gru", 1, 2, 0, [3, 1])]:
        code, make = modules[cell]
        more = {"proj_size": projection} if projection else {}
        net = make(3, 4, num_layers=layers, bidirectional=directions == 2, **more)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.copy_(rounded(*parameter.shape))
        batch, steps, out = len(lengths), max(lengths), projection or 4
        x = leaf(steps, batch, 3)
        hx = leaf(layers * directions, batch, out)
        cx = leaf(layers * directions, batch, 4)
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths))
        y, state = net(packed, (hx, cx) if cell == "lstm" else hx)
        y, _ = nn.utils.rnn.pad_packed_sequence(y)
        hy, cy = state if cell == "lstm" else (state, cx * 1)
        dy, dhy, dcy = rounded(*y.shape), rounded(*hy.shape), rounded(*cy.shape)
        for number, length in enumerate(lengths):
            dy[length:, number] = 0
        loss = (y * dy).sum() + (hy * dhy).sum()
        if cell == "lstm":
            loss = loss + (cy * dcy).sum()
        loss.backward()

        def joined(of):
            matrices, biases = [], []
            for parameters in net.all_weights:
                for parameter in parameters:
                    (biases if parameter.dim() == 1 else matrices).append(of(parameter).flatten())
            return torch.cat(matrices + biases)
        arrays = dict(options=torch.tensor([code, layers, directions, projection]),
                      lengths=torch.tensor(lengths), x=x, hx=hx, weights=joined(lambda p: p), y=y, hy=hy,
                      dy=dy, dhy=dhy, dx=x.grad, dhx=hx.grad, dweights=joined(lambda p: p.grad))
        if cell == "lstm":
            arrays.update(cx=cx, cy=cy, dcy=dcy, dcx=cx.grad)
        file.case(name, **arrays)


def attention(folder):
    file = File(folder, "attention", "Multi-head attention [batch, time, size] with its gradients; weights as PyTorch "
                "keeps them, [out, in]; the scale is 1 / sqrt(2)")
    for name, masked in [("whole", False), ("causal", True)]:
        heads, size, batch, queries, keys = 2, 4, 2, 3, 3
        net = nn.MultiheadAttention(size, heads, bias=True, batch_first=True)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.copy_(rounded(*parameter.shape))
        q, k, v = leaf(batch, queries, size), leaf(batch, keys, size), leaf(batch, keys, size)
        mask = torch.triu(torch.ones(queries, keys, dtype=torch.bool), 1) if masked else None
        y, _ = net(q, k, v, attn_mask=mask, need_weights=False)
        dy = rounded(*y.shape)
        y.backward(dy)
        parts = dict(zip(["wq", "wk", "wv"], net.in_proj_weight.chunk(3)))
        parts.update(zip(["bq", "bk", "bv"], net.in_proj_bias.chunk(3)))
        parts.update(zip(["dwq", "dwk", "dwv"], net.in_proj_weight.grad.chunk(3)))
        parts.update(zip(["dbq", "dbk", "dbv"], net.in_proj_bias.grad.chunk(3)))
        file.case(name, q=q, k=k, v=v, wo=net.out_proj.weight, bo=net.out_proj.bias, y=y, dy=dy, dq=q.grad,
                  dk=k.grad, dv=v.grad, dwo=net.out_proj.weight.grad, dbo=net.out_proj.bias.grad, **parts)


def ctc(folder):
    file = File(folder, "ctc", "CTC losses of softmax(activations) [time, batch, labels with blank 0] and gradients")
    for name, steps, lengths, labels in [
            ("plain", 6, [6, 6], [[1, 2, 3], [2, 2]]), ("lengths", 7, [7, 4, 5], [[1, 1, 2], [3], []])]:
        x = leaf(steps, len(lengths), 5)
        flat = torch.tensor([label for row in labels for label in row])
        counts = torch.tensor([len(row) for row in labels])
        losses = F.ctc_loss(F.log_softmax(x, 2), flat, torch.tensor(lengths), counts, reduction="none")
        losses.sum().backward()
        file.case(name, x=x, lengths=torch.tensor(lengths), labels=flat, counts=counts, losses=losses, dx=x.grad)


def main():
    folder = sys.argv[1]
    for write in [convolution, pooling, normalization, recurrent, attention, ctc]:
        torch.manual_seed(20)
        write(folder)


if __name__ == "__main__":
    main()
