"""The playground: a network in training that can be paused, taken step by step and looked into while it learns.

The page sends orders (JSON), the worker answers with messages (`profundo.frames`: a header and planes).

Orders
------
`{"do": "start", "source", "wishes", "view", "run"}`: a new network. `source` is what `profundo train` takes, `wishes`
    are those of `profundo.train` (with what suits a playground where nothing is asked for, see `wishes.usual`).
    `view` is as below. With `run` true it learns at once. Answers: "ready", "view", "frame".
`{"do": "run"}`, `{"do": "pause"}`: learn, or stand still. Answer: "frame".
`{"do": "batch", "count": 1}`: learn from so many batches, then stand still. Answer: "frame".
`{"do": "example"}`: look at the next example of the coming batch; where all of them were looked at, learn from the
    batch first. Answer: where the weights have changed "frame", then "example".
`{"do": "lr", "value": 0.01}`: another learning rate from the next step on. Answer: "frame".
`{"do": "pace", "steps": 5}`: at most so many steps a frame; null, and after a start, as many as it can. No answer.
`{"do": "view", "axes": ["x1", "x2"], "grid": 100, "units": 32, "unit": [1, 0]}`: another look at the same network; what
    is left out stays as it is. `unit` [layer, index] is shown large (null: none). Answers: "view", "frame".
`{"do": "trace", "unit": [layer, index], "example": 17}`: every number of one forward and backward pass of an example
    (null: the next of the coming batch) through one unit. Answer: "trace".
`{"do": "say"}`: the command and the Python that give this very network, and its scores on the test part. Answer:
    "said".
`{"do": "reset", "run": false}`: back to step 0: same settings, same seed, same bytes. Answers: as of "start".

"ready": a network was made
---------------------------
header: `game` number of this network, in every later message about it; `name` of the data; `task`; `main` name of the
    score; `lower` whether a smaller score is better; `target`; `classes` [text] or null; `outcome` [least, most] of a
    number to be predicted, or null; `columns` [{name, kind, low, high, labels, formula}] of the table, those that can
    be axes have `axis` true; `inputs` {names, units, shown}; `layers`, see below; `chain` whether every unit can be
    drawn; `counts` {train, validation, test} examples; `measured` likewise, those that the losses of a frame are of;
    `parameters`; `batch_size`; `batches` an epoch; `lr`; `plan` (TOML); `wishes` complete; `notes` [{text, flag,
    warning}] on what was inferred; `projected` true where no two columns make a plane (text, pictures), so that points
    stand where the last hidden layer sees them.
    `layers` are, from the first hidden one to the output: {name, type, units, names [text] or null, shown, activation,
    shape, weights}. Of a chain, the first `shown` units of each layer (and of the inputs) have maps and weights in the
    frames; `weights` says that a gradient norm of it is told. Of text, `texts` [text] are the examples' beginnings.
planes (of n examples, at most 2,500): `ids` int32 (n,) rows of the source; `part` uint8 (n,) 0 train, 1
    validation, 2 test; `truth` float32 (n,) code of the class, or the value; `thumbnails` uint8 (n, height, width,
    channels) where the examples are pictures.

"view": what is looked at
-------------------------
header: `game`; `axes` [name, name], `ranges` [[left, right], [bottom, top]] in the data's own units, `labels` of an
    axis that is a category (its codes are 0, 1, ...) or null; `fixed` {column: text} the value that every other column
    has on the plane; `grid`, `units` pixels of a side; `unit`. `axes` is null where `projected`.
planes: `points` float32 (n, 2) on these axes; `inputs` uint8 (shown inputs, units, units) their maps, as `maps` below.

"frame": how it stands
----------------------
header: `game`, `step`, `epoch` (whole ones done), `lr` of the next step, `running`, `seconds`, `stopped` (the
    criterion that fired, what was wrong with the loss, or null), `speed` steps a second, `train` `validation` `test`
    {loss, score}, `gradients` norm of the last step's gradient for each layer with weights, `limits` of the maps.
planes: rows of pixels from the top (the largest value of the second axis) to the bottom.
    `surface` uint8 (grid, grid): of two classes the probability of the second, 0 to 255; of more the probability of the
    likeliest, whose code is in `label` uint8 (grid, grid); of a number its place between `outcome`'s ends.
    Of a table of one column the second axis is the target; `curve` float32 (grid,) is then the number answered along
    the first.
    `maps` uint8 (shown units of all layers, units, units): 128 is 0, 255 is that unit's `limits`, 1 minus that.
    `large` uint8 (grid, grid): the map of `unit`; its limit is the last of `limits`.
    `weights` float32 (all,): for each layer of the chain, its weights (shown, shown of the layer
    before) row by row, then its biases (shown,).
    `history` float32 (k, 6), k at most 500: step; loss of train, validation, test; score of train, test. The whole
    history, thinned: a frame that is not drawn is no loss.
    Where `projected`: `points` float32 (n, 2) in -1..1; `answer` float32 (n,) code of the class said, or the value.
    Of pictures: `filters` uint8 (count, height, width, channels): the weights of the first layer.

"example": header `game`, `index`, `of`, `id`, `loss`, `truth`, `answer` (texts); planes `gradient` float32, as
`weights`: the mean gradient of the examples of the batch so far.
"trace": see `profundo.play.trace`. "said": `command`, `python`, `step`, `test` {score: {value, low, high, n}} or null.
"error": `kind`, `message`, `exit_code`.
"""
