import Neural
import Testing

@testable import NeuralTraining

/// Values that are given to layers under test; their gradient is what the layers give back.
final class GivenValues<Scalar: TrainingScalar>: Layer {
  let output: Activation<Scalar>
  private let shape: SequenceShape
  var values: [Scalar]

  init(_ shape: SequenceShape, size: Int, wave offset: Int = 0) {
    self.shape = shape
    output = Activation(size: size)
    values = (0..<shape.rowCount * size).map { Scalar(0.8 * wave($0 + 1_000 * (offset + 1))) }
  }

  func begin(_ pass: TrainingPass) { output.begin(shape, needsGradient: pass.needsGradients) }
  func forward(shard: Int, thread: Int) {
    let rows = shape.rows(ofShard: shard)
    for index in rows.lowerBound * output.size..<rows.upperBound * output.size {
      output.values[index] = values[index]
    }
  }
  func backward(shard: Int, thread: Int) { _ = output.readGradient(shard) }
}

/// Layers to check over a batch of unequal sequences, and the numbers their outputs are multiplied with to make a loss.
struct LayerCase<Scalar: TrainingScalar>: Sendable, CustomTestStringConvertible {
  var name: String
  var declarations: [ParameterDeclaration] = []
  /// Builds the layers behind the given inputs; the activations that make the loss.
  var build: @Sendable (LayerStack<Scalar>, [GivenValues<Scalar>]) -> [Activation<Scalar>]
  var inputSizes = [3]
  var lengths = [[4, 1, 0, 6, 3]]
  /// Lengths of the sequences that the first input's sequences are the steps of.
  var outerLengths: [Int]?
  var order = SequenceShape.Order.bySequence
  var testDescription: String { name }

  struct Built {
    var stack: LayerStack<Scalar>
    var inputs: [GivenValues<Scalar>]
    var outputs: [Activation<Scalar>]
  }

  func built(threadCount: Int) -> Built {
    let team = WorkerTeam(count: threadCount)
    let store = ParameterStore<Scalar>(declarations)
    for index in 0..<store.count { store.values.pointer[index] = Scalar(0.6 * wave(index)) }
    let stack = LayerStack(
      LayerContext(
        store: store, products: MatrixProducts(threadCount: team.count, usesOneDNN: false), team: team))
    let inputs = inputSizes.enumerated().map { index, size in
      let lengths = lengths[min(index, lengths.count - 1)]
      let outer = outerLengths.map { SequenceShape(lengths: $0, shardCount: team.count) }
      let shape =
        outer != nil
        ? SequenceShape(lengths: lengths, order: order, outer: outer, shardCount: 0)
        : threadCount > 1 && self.lengths.count > 1
          ? SequenceShape(lengths: self.lengths[0], order: order, shardCount: team.count).withLengths(lengths)
          : SequenceShape(lengths: lengths, order: order, shardCount: team.count)
      return stack.add(GivenValues<Scalar>(shape, size: size, wave: index))
    }
    return Built(stack: stack, inputs: inputs, outputs: build(stack, inputs))
  }

  static var all: [LayerCase] { recurrent + convolutional + combining + attending }

  static var recurrent: [LayerCase] {
    RecurrentCell.allCases.flatMap { cell -> [LayerCase] in
      let declarations = RecurrentParameters<Scalar>.declarations(
        cell, inputSize: 3, hiddenSize: 4, prefix: "rnn")
      let reversed = RecurrentParameters<Scalar>.declarations(
        cell, inputSize: 3, hiddenSize: 4, prefix: "rnn", isReverse: true)
      @Sendable func layer(
        _ stack: LayerStack<Scalar>, _ input: Activation<Scalar>, isReverse: Bool = false, drop: Double = 0,
        initial: Activation<Scalar>? = nil, cells: Activation<Scalar>? = nil
      ) -> RecurrentLayer<Scalar> {
        stack.add(
          RecurrentLayer(
            cell, input: input,
            parameters: RecurrentParameters(stack.context.store, prefix: "rnn", isReverse: isReverse),
            context: stack.context, direction: isReverse ? .backward : .forward, initialState: initial,
            initialCells: cells, weightDrop: drop))
      }
      return [
        LayerCase(name: "\(cell), ragged", declarations: declarations) { stack, inputs in
          let layer = layer(stack, inputs[0].output)
          return [layer.output, layer.last] + (layer.lastCells.map { [$0] } ?? [])
        },
        LayerCase(
          name: "\(cell), ragged by step", declarations: declarations,
          build: { stack, inputs in [layer(stack, inputs[0].output).output] }, order: .byStep),
        LayerCase(
          name: "\(cell), equal lengths", declarations: declarations,
          build: { stack, inputs in [layer(stack, inputs[0].output).output] }, lengths: [[3, 3, 3]]),
        LayerCase(name: "\(cell), backwards, last state alone", declarations: reversed) { stack, inputs in
          [layer(stack, inputs[0].output, isReverse: true).last]
        },
        LayerCase(
          name: "\(cell), backwards by step", declarations: reversed,
          build: { stack, inputs in [layer(stack, inputs[0].output, isReverse: true).output] }, order: .byStep
        ),
        LayerCase(name: "\(cell), both directions, dropped", declarations: declarations + reversed) {
          stack, inputs in
          let forward = layer(stack, inputs[0].output, drop: 0.4)
          let backward = layer(stack, inputs[0].output, isReverse: true, drop: 0.4)
          return [stack.add(CombiningLayer([forward.output, backward.output], .concatenation)).output]
        },
        LayerCase(
          name: "\(cell), from a state", declarations: declarations,
          build: { stack, inputs in
            let layer = layer(
              stack, inputs[0].output, initial: inputs[1].output,
              cells: cell == .lstm ? inputs[2].output : nil)
            return [layer.output, layer.last]
          }, inputSizes: [3, 4, 4], lengths: [[4, 1, 0, 6, 3], [1, 1, 1, 1, 1]]),
      ]
    }
  }

  static var convolutional: [LayerCase] {
    ConvolutionPadding.allCases.map { padding in
      LayerCase(
        name: "convolution of three, \(padding)",
        declarations: Convolution1D<Scalar>.declarations("conv", channels: 3, filters: 5, width: 3)
      ) { stack, inputs in
        [convolution(stack, inputs[0].output, padding, .tanh).output]
      }
    } + [
      LayerCase(
        name: "convolution of four, the largest, rectified",
        declarations: Convolution1D<Scalar>.declarations("conv", channels: 3, filters: 5, width: 4)
      ) { stack, inputs in
        let layer = convolution(stack, inputs[0].output, .full, .relu)
        return [stack.add(PoolingLayer(input: layer.output, reduction: .maximum, window: .sequence)).output]
      },
      LayerCase(
        name: "convolution of three, the largest of many",
        declarations: Convolution1D<Scalar>.declarations("conv", channels: 3, filters: 5, width: 3),
        build: { stack, inputs in
          let layer = convolution(stack, inputs[0].output, .full, .tanh)
          return [stack.add(PoolingLayer(input: layer.output, reduction: .maximum, window: .sequence)).output]
        }, lengths: [[40, 25, 0, 60, 1, 31]]),
      LayerCase(
        name: "convolution of two by steps of three, full",
        declarations: Convolution1D<Scalar>.declarations("conv", channels: 3, filters: 5, width: 2)
      ) { stack, inputs in
        [convolution(stack, inputs[0].output, .full, .tanh, stride: 3).output]
      },
      LayerCase(name: "means of pairs") { stack, inputs in
        [stack.add(PoolingLayer(input: inputs[0].output, reduction: .average, window: .steps(2))).output]
      },
      LayerCase(name: "largest of threes") { stack, inputs in
        [stack.add(PoolingLayer(input: inputs[0].output, reduction: .maximum, window: .steps(3))).output]
      },
      LayerCase(name: "mean of all") { stack, inputs in
        [stack.add(PoolingLayer(input: inputs[0].output, reduction: .average, window: .sequence)).output]
      },
      LayerCase(
        name: "each word's letters, then an LSTM over the words",
        declarations: Convolution1D<Scalar>.declarations("conv", channels: 3, filters: 5, width: 2)
          + RecurrentParameters<Scalar>.declarations(.lstm, inputSize: 5, hiddenSize: 4, prefix: "rnn"),
        build: { stack, inputs in
          let layer = convolution(stack, inputs[0].output, .same, .relu)
          let words = stack.add(PoolingLayer(input: layer.output, reduction: .maximum, window: .sequence))
            .output
          return [
            stack.add(
              RecurrentLayer(
                .lstm, input: words, parameters: RecurrentParameters(stack.context.store, prefix: "rnn"),
                context: stack.context)
            ).output
          ]
        }, lengths: [[2, 5, 1, 0, 3, 4, 1]], outerLengths: [3, 0, 2, 2]),
      LayerCase(
        name: "convolutional LSTM",
        declarations: Convolution1D<Scalar>.declarations("conv", channels: 3, filters: 8, width: 3)
          + [ConvolutionalLSTM<Scalar>.declaration("state.weight", hiddenSize: 2, width: 3)],
        build: { stack, inputs in
          let layer = convolution(stack, inputs[0].output, .same, .identity)
          return [
            stack.add(
              ConvolutionalLSTM(
                input: layer.output, weights: stack.context.parameter("state.weight"), context: stack.context)
            ).output
          ]
        }, lengths: [[3, 3, 3, 4, 2, 5]], outerLengths: [3, 0, 1, 2]),
    ]
  }

  private static func convolution(
    _ stack: LayerStack<Scalar>, _ input: Activation<Scalar>, _ padding: ConvolutionPadding,
    _ function: ActivationFunction, stride: Int = 1
  ) -> Convolution1D<Scalar> {
    let context = stack.context
    return stack.add(
      Convolution1D(
        input: input, weights: context.parameter("conv.weight"), bias: context.parameter("conv.bias"),
        padding: padding, function: function, stride: stride, context: context))
  }

  static var combining: [LayerCase] {
    ActivationFunction.allCases.map { function in
      LayerCase(
        name: "linear, \(function)",
        declarations: LinearLayer<Scalar>.declarations("linear", inputSize: 3, outputSize: 4)
      ) { stack, inputs in
        let context = stack.context
        return [
          stack.add(
            LinearLayer(
              input: inputs[0].output, weights: context.parameter("linear.weight"),
              bias: context.parameter("linear.bias"), function: function, context: context)
          ).output
        ]
      }
    } + [
      LayerCase(name: "dropout of elements") { stack, inputs in
        [stack.add(DropoutLayer(input: inputs[0].output, rate: 0.4, salt: 1)).output]
      },
      LayerCase(name: "dropout of columns") { stack, inputs in
        [stack.add(DropoutLayer(input: inputs[0].output, rate: 0.4, extent: .sequence, salt: 1)).output]
      },
      LayerCase(name: "one activation twice, side by side and added") { stack, inputs in
        let sum = stack.add(CombiningLayer([inputs[0].output, inputs[0].output], .sum))
        return [stack.add(CombiningLayer([sum.output, inputs[0].output], .concatenation)).output]
      },
      LayerCase(name: "one activation through two functions") { stack, inputs in
        let once = stack.add(ActivationLayer(input: inputs[0].output, function: .sigmoid))
        return [
          stack.add(ActivationLayer(input: once.output, function: .tanh)).output,
          stack.add(ActivationLayer(input: inputs[0].output, function: .relu)).output,
        ]
      },
      LayerCase(
        name: "an embedding of several channels",
        declarations: [
          .init(name: "tuned", shape: [6, 3], initial: .zero),
          .init(name: "fixed", shape: [6, 3], initial: .zero, isTuned: false),
        ]
      ) { stack, inputs in
        let channels = ["tuned", "fixed"].map { name -> Activation<Scalar> in
          let layer = stack.add(
            EmbeddingLayer(table: stack.context.parameter(name), dropout: 0.2, team: stack.context.team))
          layer.read(
            (0..<14).map { Int32($0 * 5 % 7 - 1) },
            SequenceShape(
              lengths: [4, 1, 0, 6, 3], shardCount: stack.context.team.count))
          return layer.output
        }
        return [stack.add(CombiningLayer(channels, .sum)).output]
      },
    ]
  }

  static var attending: [LayerCase] {
    [
      LayerCase(
        name: "attention of one sequence to another",
        build: { stack, inputs in
          [
            stack.add(
              AttentionLayer(
                queries: inputs[0].output, keys: inputs[1].output, values: inputs[2].output, scale: 0.7,
                context: stack.context)
            ).output
          ]
        }, inputSizes: [3, 3, 5], lengths: [[2, 1, 0, 3, 1], [4, 0, 2, 1, 5]]),
      LayerCase(
        name: "attention of a sequence to itself",
        build: { stack, inputs in
          let input = inputs[0].output
          return [
            stack.add(AttentionLayer(queries: input, keys: input, values: input, context: stack.context))
              .output
          ]
        }),
      LayerCase(
        name: "a sequence by attention to a vector",
        declarations: [.init(name: "query", shape: [3], initial: .zero)],
        build: { stack, inputs in
          [
            stack.add(
              AttentionPooling(
                keys: inputs[0].output, values: inputs[1].output, query: stack.context.parameter("query"),
                context: stack.context)
            ).output
          ]
        }, inputSizes: [3, 4]),
      LayerCase(
        name: "trees of a recursive autoencoder",
        declarations: AutoencoderParameters<Scalar>.declarations("phrases", size: 3)
      ) { stack, inputs in
        let layer = stack.add(
          RecursiveAutoencoderLayer(
            input: inputs[0].output,
            parameters: AutoencoderParameters(stack.context.store, prefix: "phrases"), context: stack.context)
        )
        return [layer.output, layer.root, layer.errors]
      },
    ]
  }
}
