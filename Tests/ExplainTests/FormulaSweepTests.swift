import Autograd
import Diagnostics
import Interpreter
import Session
import Tensors
import Testing

/// What is printed can be run: each derivative formula of every op, typed into a session, is the gradient.
@Suite struct FormulaSweepTests {
  static let trials = Op.all.filter(\.isDifferentiable).flatMap { op in
    op.samples.map { (op, $0) }
  }

  private static func run(_ session: Session, _ code: String) throws {
    let outcome = session.run(code) { _ in }
    if let fault = outcome.errors.first { throw fault }
  }

  @Test func printedFormulasAreTheGradients() throws {
    var count = 0
    for (op, sample) in Self.trials {
      let call = try op.applied(sample.inputs, sample.attributes)
      let dz = try Tensor(
        (0..<call.output.count).map { 0.7 - 0.31 * Double(($0 * 5) % 7) },
        shape: call.output.shape)
      let session = Session()
      let names = ["x", "y", "w", "v", "u", "t"]
      for (k, input) in call.inputs.enumerated() {
        session.define(names[k], input, isParameter: false)
      }
      session.define("z", call.output, isParameter: false)
      session.define("dz", dz, isParameter: false)
      for k in sample.inputs.indices where op.reaches(k, call.inputs) {
        let formula = try op.pullback(k, call).filled { leaf in
          switch leaf {
          case .operand(let i): .symbol(Symbol(names[i]))
          case .attribute(let name): .number(call.number(name))
          default: nil
          }
        }
        // Parts that are written by a name are told before they are used.
        let parts = formula.definitions.reversed().map { "\($0.name) = \($0.formula.text)" }
        let code = (parts + ["found = \(formula.text)"]).joined(separator: "\n")
        do { try Self.run(session, code) } catch let fault as Diagnostic {
          Issue.record("\(op.name): \(code): \(fault.headline)")
          continue
        }
        let found: Tensor
        switch session.value("found") {
        case .tensor(let node)?: found = node.value
        case .number(let n)?: found = Tensor(n)
        default: found = Tensor(.nan)
        }
        let used = try op.pulled(k, call, dz)
        let told = try found.expanded(to: used.shape)
        for i in 0..<used.count {
          // Numbers are printed with six digits.
          #expect(abs(told[i] - used[i]) <= 1e-5 * max(1, abs(used[i])), "\(op.name): \(code)")
        }
        count += 1
      }
    }
    #expect(count > 500)
  }
}
