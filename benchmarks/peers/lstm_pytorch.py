"""A character model of two LSTM layers in plain PyTorch, as its tutorials teach: float32, backward, step."""

import torch
from mnist import tell, versions
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from text import CONTEXT, LAYERS, WARM, WIDTH, Steps, arguments, windows


class Model(nn.Module):
    def __init__(self, letters: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, LAYERS, batch_first=True)
        self.output = nn.Linear(WIDTH, letters)

    def forward(self, x: Tensor) -> Tensor:
        said, _ = self.lstm(self.embedding(x))
        return self.output(said)


def main() -> None:
    asked = arguments(__doc__)
    torch.manual_seed(asked.seed)
    x, y, letters = windows(asked.data, (WARM + asked.steps) * asked.batch_size, asked.seed)
    batches = DataLoader(TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), asked.batch_size, shuffle=True)
    network, criterion, steps = Model(letters), nn.CrossEntropyLoss(), Steps(asked.steps)
    optimizer = torch.optim.Adam(network.parameters(), lr=asked.lr)
    for x_batch, y_batch in batches:
        loss = criterion(network(x_batch).transpose(1, 2), y_batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if steps.end():
            break
    assert x.shape[1] == CONTEXT
    tell(tokens_a_second=steps.tokens_a_second(asked.batch_size), loss=loss.item(), versions=versions("torch"))


if __name__ == "__main__":
    main()
