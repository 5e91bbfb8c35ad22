// What means something else than in an earlier version of the language, told to scripts that were written for one.
import Tensors
import Autograd
import Diagnostics

/// A meaning that changed. CHANGELOG has them all; these are met without an error.
package enum ChangedMeaning: String {
  case softmaxAxis = "`softmax` without `dim`, which takes PyTorch's axis now"
  case fraction = "a number with a point beside whole numbers, which makes them floats now"
  case replay = "`forward` over comparisons, `detach` or `no_grad`, which it computes again now"
  case extremeAxis = "`x.max(1)`, where the number is the axis now"
}

extension Machine {
  /// The version of the language that this program reads; `# nn: 2` in a script's header says it was written for it.
  package static let version = 2

  /// A number with a point that made whole numbers floats.
  @inline(__always)
  func meetsFraction(_ result: Node, _ operands: [Node.Operand], _ site: OperatorSite) {
    guard scriptVersion < Machine.version, result.dtype.isFloat,
      !graph.sites[Int(site.number)].fractions.isEmpty,
      operands.contains(where: { $0.node?.dtype == .int64 })
    else { return }
    meets(.fraction, site.span)
  }

  /// A replay that follows what has no gradient.
  package func meetsReplay(_ root: Node, _ span: Span) {
    guard scriptVersion < Machine.version, !told.change,
      graph.recorded(below: root).contains(where: { $0.isFollowed })
    else { return }
    meets(.replay, span)
  }

  /// Tells a script of an earlier version, once, that it meets something that means something else now.
  package func meets(_ change: ChangedMeaning, _ span: Span) {
    guard scriptVersion < Machine.version, !told.change else { return }
    told.change = true
    warn(
      RunFault.changedMeaning(of: change.rawValue, headed: scriptVersion, now: Machine.version).at(
        span))
  }
}
