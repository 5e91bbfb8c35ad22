import Autograd
import Explain
import Foundation
import Interpreter
import Session
import Testing

/// `explain z[i, j]`: what is printed for an entry is arithmetic over other entries, and gives the entry.
@Suite struct EntryTests {
  static let programs = [
    "param a = [[1, 2, 3], [4, 5, 6]]; param b = [[0.5, 1], [2, -1], [3, 0.25]]; z = a @ b",
    "param a = [1, 2, 3]; b = [4, 5, 6]; z = reshape(a*b + a, 3, 1)",
    "param w = [[1, -2], [0.5, 3]]; x = [[1, 2], [3, 4], [5, 6]]; c = [0.1, 0.2]; z = linear(x, w, c)",
    "param w = [[1, 2], [3, 4]]; h = tanh(w @ w); z = h @ w - w",
    "param w = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]; z = w @ w.T",
    "param w = [[1, 2], [3, 4]]; z = softmax(w, dim=1)*w",
  ]

  @Test(arguments: programs) func anEntryIsItsFormula(_ program: String) throws {
    let session = Session()
    #expect(session.run(program) { _ in }.errors.isEmpty)
    guard case .tensor(let root)? = session.value("z") else {
      Issue.record("no tensor")
      return
    }
    let names = try NamedGraph(session.machine.graph, root: root, rootName: "z")
    for offset in 0..<root.shape.count {
      guard case .value(let step, _) = names.value(of: TensorEntry(root, offset)) else {
        Issue.record("nothing is told")
        continue
      }
      // The long sum's rest is told as one number: 25 + 36 + 49 + 64 + 81 + 100.
      let text = step.formula.text.replacingOccurrences(of: "(6 more products)", with: "355")
      var told = ""
      let outcome = session.run(text) { event in
        if case .value(_, .number(let n)) = event { told = "\(n)" }
        if case .value(_, .tensor(let node)) = event { told = "\(node.number)" }
      }
      #expect(outcome.errors.map(\.headline) == [], "\(text)")
      let value = try #require(Double(told), "\(text)")
      #expect(abs(value - root.value[offset]) < 1e-9, "\(text)")
    }
  }
}
