// The rules of an op, over the names of its operands.
import Autograd

extension Op {
  /// A formula with the operands' names in it.
  package func named(_ formula: Formula) -> Formula {
    formula.filled { leaf in
      guard case .operand(let i) = leaf, let name = self.operand(i)?.name else { return nil }
      return .symbol(Symbol(name))
    }
  }

  /// Its partial derivatives that are not 0, each with the operand that it is by; none where it states no formulas.
  package var rules: [(operand: String, partial: Formula)] {
    operands.enumerated().compactMap { i, operand in
      guard let partial = self.partial(i), partial.number != 0 else { return nil }
      return (operand.name, named(partial))
    }
  }
}
