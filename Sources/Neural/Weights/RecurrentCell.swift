/// The recurrences that a layer can have.
public enum RecurrentCell: String, Hashable, Sendable, CaseIterable {
  /// Elman 1990: h′ = tanh(W_ih x + b_ih + W_hh h + b_hh).
  case rnn
  /// Cho et al. 2014 with the reset gate after the product, as in PyTorch and cuDNN; gates in the order r z n.
  case gru
  /// Hochreiter and Schmidhuber 1997 with forget gates (Gers et al. 2000); gates in the order i f g o.
  case lstm

  /// Rows of a layer's weight matrices as a multiple of its hidden size.
  public var gateCount: Int {
    switch self {
    case .rnn: 1
    case .gru: 3
    case .lstm: 4
    }
  }
}

extension RecurrentArchitecture.Cell {
  /// The recurrence of a cell that has one.
  public var recurrence: RecurrentCell? { RecurrentCell(rawValue: rawValue) }
}
