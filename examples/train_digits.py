#!/usr/bin/env python3
"""Trains the sample network that the repository carries: handwritten digits of 8x8 pixels.

    pip install torch scikit-learn onnx onnxruntime
    python examples/train_digits.py

writes, always the same on one machine and PyTorch version:

    examples/digits/digits.onnx   the network: input `image` [N, 1, 8, 8] in 0 to 1, output `logits` [N, 10]
    examples/digits/digits.npz    `image` and `labels`: 200 samples for calibration, then 600 that were not trained on

The network has what small vision models have: a stem, a residual block, a depthwise separable block, pooling and a
fully connected end. It is larger than digits need, and trained with a penalty on blocks of weights, so that most of
them are of little use and it can be pruned without being trained again.
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from sklearn.datasets import load_digits
from torch import nn

CALIBRATION, TEST = 200, 600


def conv_bn(inputs: int, outputs: int, kernel: int, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = conv_bn(channels, channels, 3)
        self.conv2 = conv_bn(channels, channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.conv2(torch.relu(self.conv1(x))))


class Separable(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.depthwise = conv_bn(inputs, inputs, 3, groups=inputs)
        self.pointwise = conv_bn(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.pointwise(torch.relu(self.depthwise(x))))


class Digits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(1, 32, 3)
        self.residual1 = Residual(32)
        self.separable = Separable(32, 64)
        self.pool = nn.MaxPool2d(2)
        self.residual2 = Residual(64)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.hidden = nn.Linear(64, 128)
        self.classify = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.separable(self.residual1(torch.relu(self.stem(x))))
        x = self.residual2(self.pool(x))
        x = self.average(x).flatten(1)
        return self.classify(torch.relu(self.hidden(x)))


def shifted(images: torch.Tensor) -> torch.Tensor:
    """Moves each image by up to one pixel in each direction: the training set is small."""
    padded = nn.functional.pad(images, (1, 1, 1, 1))
    moves = torch.randint(0, 3, (len(images), 2)).tolist()
    return torch.stack([padded[i, :, dy : dy + 8, dx : dx + 8] for i, (dy, dx) in enumerate(moves)])


def block_norms(weight: torch.Tensor) -> torch.Tensor:
    """The sum of the norms of all blocks of 4 outputs x 1 input: as a penalty it empties whole blocks (group lasso)."""
    blocks = weight.view(weight.shape[0] // 4, 4, -1)
    return blocks.square().sum(1).add(1e-12).sqrt().sum()


def train(images: torch.Tensor, labels: torch.Tensor, epochs: int, penalty: float) -> Digits:
    model = Digits()
    convolutions = [c[0] for r in (model.residual1, model.residual2) for c in (r.conv1, r.conv2)]
    penalised = [layer.weight for layer in (*convolutions, model.separable.pointwise[0], model.hidden)]
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    batches = len(images) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * batches)
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(images))[: batches * 64].split(64):
            loss = nn.functional.cross_entropy(model(shifted(images[batch])), labels[batch], label_smoothing=0.05)
            loss = loss + penalty * sum(block_norms(weight) for weight in penalised)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:2}/{epochs}  loss {total / batches:.4f}")
    return model.eval()


def export(model: Digits, path: Path) -> None:
    """Exports with batch normalisation as it was trained, not folded: folding it is the converter's work."""
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, 8, 8),),
        str(path),
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
        opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        dynamo=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "digits", help="directory to write to")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--penalty", type=float, default=4e-3, help="on the norms of blocks of weights")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(1)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    labels = labels.astype(np.int64)
    order = np.random.default_rng(1).permutation(len(images))
    images, labels = images[order], labels[order]
    # The calibration samples are trained on, the test samples are not.
    model = train(torch.from_numpy(images[TEST:]), torch.from_numpy(labels[TEST:]), args.epochs, args.penalty)
    kept = np.r_[TEST : TEST + CALIBRATION, 0:TEST]
    np.savez_compressed(args.out / "digits.npz", image=images[kept], labels=labels[kept].astype(np.uint8))
    export(model, args.out / "digits.onnx")

    session = onnxruntime.InferenceSession(str(args.out / "digits.onnx"), providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"image": images[:TEST]})
    print(f"accuracy on {TEST} test samples: {np.mean(logits.argmax(1) == labels[:TEST]):.1%}")


if __name__ == "__main__":
    main()
