// The numbers that a cell's names stand for when it has run.
import Autograd
import Interpreter
import Session
import Syntax
import Diagnostics
import Tensors

extension Document {
  /// Tensors larger than this are not kept.
  private static let valueLimit = 10_000

  /// The numbers of the names that a text assigns, in the order of their first assignment.
  static func values(assignedIn code: String, _ session: Session)
    -> [(name: String, tensor: Tensor)]
  {
    var names: [String] = []
    for statement in Parser.parse(SourceText(id: 0, name: "", code)).statements {
      var found: Set<String> = []
      Names.assigned(in: [statement], &found)
      names += found.sorted().filter { !names.contains($0) }
    }
    return names.compactMap { name in
      switch session.value(name) {
      case .number(let n)?: (name, Tensor(n))
      case .tensor(let node)? where node.shape.count <= valueLimit: (name, node.value)
      default: nil
      }
    }
  }
}
