// One application of an op, and what an op says of the arguments it takes.
import Tensors

/// One application of an op: what went in, how it was set, and (after the forward step) what came out. Operands
/// are of one type where the op says so, and every setting with a default is there.
package struct Call {
  package let inputs: [Tensor]
  package let attributes: Attributes
  package var output: Tensor
  /// What the forward step keeps for the backward one, if the op does so.
  package let saved: Saved?

  package init(
    inputs: [Tensor], attributes: Attributes, output: Tensor = Tensor(0), saved: Saved? = nil
  ) {
    self.inputs = inputs
    self.attributes = attributes
    self.output = output
    self.saved = saved
  }

  package var x: Tensor { inputs[0] }
  package var y: Tensor { inputs[1] }

  /// A numeric setting; nan, which nothing overlooks, if the op has none of that name.
  package func number(_ name: String) -> Double { attributes.number(name) ?? .nan }

  /// The tensor that a leaf of this op's formulas stands for.
  package func leaf(_ leaf: Formula, _ dtype: DType) -> Tensor? {
    switch leaf {
    case .operand(let i): i < inputs.count ? inputs[i] : nil
    case .result: output
    case .number(let n): Tensor(n, dtype: dtype)
    case .attribute(let name): Tensor(number(name), dtype: dtype)
    case .entry(let i, let offset): Tensor(inputs[i][offset])
    default: nil
    }
  }
}

/// Parts of a forward step that the backward step needs too, as torch's `save_for_backward` keeps them. Where they are
/// empty they are computed again.
package final class Saved {
  package var tensors: [Tensor] = []
  var numbers: [Double] = []
}

/// One operand of an op: its name, what it is for, and what stands in where it is left out.
package struct Operand: Sendable, ExpressibleByStringLiteral {
  /// What an operand is for. It decides whether gradients reach it, and which operands share one type.
  package enum Role: Sendable {
    /// Numbers that the result depends on smoothly.
    case value
    /// Numbers that the result is scaled by, for which there is no gradient: as in PyTorch, one that is asked
    /// for is refused.
    case weight
    /// Targets of a classification: class numbers, or probabilities, which have gradients.
    case labels
    /// Whole numbers that say where.
    case indices
    /// A tensor of which only the shape counts.
    case shape
    /// Numbers that choose.
    case mask
  }

  /// What stands for an operand that is left out.
  package enum Absence: Sendable {
    case never
    case omitted
    case number(Double)
  }

  package let name: String
  package let role: Role
  package let absence: Absence
  /// Stands for any number of operands; the last of its op.
  package let isRepeated: Bool

  package init(
    _ name: String, _ role: Role = .value, absence: Absence = .never, isRepeated: Bool = false
  ) {
    self.name = name
    self.role = role
    self.absence = absence
    self.isRepeated = isRepeated
  }

  package init(stringLiteral name: String) { self.init(name) }

  package var isRequired: Bool { if case .never = absence { !isRepeated } else { false } }
}

/// A named argument: of what kind it is, and its default.
package struct Setting: Sendable {
  /// What a setting holds, for whoever reads it from a call.
  package enum Kind: Sendable {
    case number, whole, flag
    /// One axis; any number of axes.
    case axis, axes
    /// Whole numbers, one for each axis of a window or a shape.
    case lengths
    /// Lengths, or a word for lengths that follow from the others.
    case padding
    case choice([String])
    /// What stands in the brackets of an index.
    case index
  }

  /// What a setting is when the call does not give it.
  package enum Fallback: Sendable {
    case required
    /// It may be missing, which has a meaning of its own: all axes, no bound.
    case absent
    case value(Attribute)
    /// It follows from the operands and the other settings.
    case derived(@Sendable ([Tensor], Attributes) throws(TensorError) -> Attribute)
  }

  package let name: String
  package let kind: Kind
  package let fallback: Fallback
  /// The fallback is a guess from the shape, which PyTorch warns of where there are several axes.
  package let isGuess: Bool

  package init(_ name: String, _ kind: Kind, _ fallback: Fallback, isGuess: Bool = false) {
    self.name = name
    self.kind = kind
    self.fallback = fallback
    self.isGuess = isGuess
  }

  static func number(_ name: String, _ fallback: Double) -> Setting {
    Setting(name, .number, .value(.number(fallback)))
  }
  static func whole(_ name: String, _ fallback: Int) -> Setting {
    Setting(name, .whole, .value(.number(Double(fallback))))
  }
  static func flag(_ name: String, _ fallback: Bool) -> Setting {
    Setting(name, .flag, .value(.flag(fallback)))
  }
  static let axes = Setting("dim", .axes, .absent)
  static let keepdim = Setting.flag("keepdim", false)
  static func axis(_ fallback: Int) -> Setting { Setting("dim", .axis, .value(.ints([fallback]))) }
  static let reduction = Setting(
    "reduction", .choice(["mean", "sum", "none"]), .value(.text("mean")))
}

/// In which type the operands of an op meet.
package enum Promotion: Sendable {
  /// PyTorch's common type of those that are values or weights.
  case common
  /// The same, and whole numbers become the default float type.
  case floating
  /// The same where the operands are brought to one shape first, so that a single number counts like the rest; the result
  /// has the float type of the operand at a place, if one is named.
  case expanded(like: Int?)
  /// Truth values count: they become whole numbers.
  case counting
  /// Whole numbers stay whole unless the operands ask for fractions, as a negative power does.
  case fractional(@Sendable ([Tensor], Attributes) -> Bool)
  /// Each keeps its own.
  case none
}

extension Op {
  /// What the operand at a place is; the last one may stand for many.
  package func operand(_ k: Int) -> Operand? {
    if k < operands.count { return operands[k] }
    return operands.last.flatMap { $0.isRepeated ? $0 : nil }
  }

  /// Numbers for operands that were left out and have one to stand in.
  /// - Parameters:
  ///   - given: how many there are.
  ///   - name: stops before this one; nil for all that are missing.
  package func standIns(_ given: Int, before name: String? = nil) -> [Double] {
    guard hasStandIns, given < operands.count else { return [] }
    return operands.dropFirst(given).prefix { $0.name != name }.compactMap {
      if case .number(let n) = $0.absence { n } else { nil }
    }
  }

  /// The settings with all defaults; those that the reader need not see, since they are the default, are
  /// marked.
  package func resolved(_ given: Attributes, _ inputs: [Tensor]) throws(TensorError) -> Attributes {
    if given.isEmpty, let defaults { return defaults }
    var all = given
    for setting in settings {
      let isGiven = given[setting.name] != nil
      if case .axis = setting.kind, case .ints(let axes)? = given[setting.name], axes.count != 1 {
        throw .oneAxis(name, setting.name, axes)
      }
      switch setting.fallback {
      case .value(let value):
        if let own = given[setting.name] {
          if own.matches(value) { all.hide(setting.name) }
        } else {
          all.set(setting.name, value, hidden: true)
        }
      case .derived(let make) where !isGiven:
        all.set(setting.name, try make(inputs, all), hidden: true)
      case .required where !isGiven: throw .settingMissing(name, setting.name)
      default: continue
      }
    }
    return all
  }

  /// The operands in the types that the op computes in.
  /// - Parameter whole: the float type that whole numbers become.
  func promoted(_ inputs: [Tensor], _ settings: Attributes, whole: DType) throws(TensorError)
    -> [Tensor]
  {
    guard let target = meetingType(of: inputs, settings, whole: whole) else { return inputs }
    var result = inputs
    for (k, input) in inputs.enumerated() where input.dtype != target && isNumeric(k, inputs) {
      result[k] = try input.converted(to: target)
    }
    return result
  }

  /// The common type of values and weights: as in PyTorch, tensors with axes decide over single numbers
  /// unless those are of a higher kind.
  private func meetingType(of inputs: [Tensor], _ settings: Attributes, whole: DType) -> DType? {
    if case .none = promotion { return nil }
    // Nearly always all is of one float type.
    if let first = inputs.first?.dtype, first.isFloat,
      !inputs.indices.contains(where: { inputs[$0].dtype != first })
    {
      return nil
    }
    let isExpanded = if case .expanded = promotion { true } else { false }
    var wide: DType?
    var lone: DType?
    for (k, input) in inputs.enumerated() where isNumeric(k, inputs) {
      if input.rank > 0 || isExpanded {
        wide = wide.map { max($0, input.dtype) } ?? input.dtype
      } else {
        lone = lone.map { max($0, input.dtype) } ?? input.dtype
      }
    }
    guard let first = wide ?? lone else { return nil }
    let common = lone.map { DType.promote(first, rank: 1, $0, rank: wide == nil ? 1 : 0) } ?? first
    if common.isFloat { return common }
    switch promotion {
    case .floating, .expanded: return whole
    case .counting: return max(common, .int64)
    case .fractional(let asks): return asks(inputs, settings) ? whole : common
    default: return common
    }
  }

  /// Probabilities in place of labels are numbers like any others.
  private func isNumeric(_ k: Int, _ inputs: [Tensor]) -> Bool {
    switch role(k) {
    case .value, .weight: true
    case .labels: inputs[k].dtype.isFloat && reaches(k, inputs)
    default: false
    }
  }

  /// The op applied: its operands in one type, its settings complete, its result computed.
  /// - Parameters:
  ///   - whole: the default float type.
  ///   - known: the result, where that has come out already.
  package func applied(
    _ inputs: [Tensor], _ given: Attributes, whole: DType = .float64, known: Tensor? = nil
  ) throws(TensorError) -> Call {
    var numbers = 0
    for k in inputs.indices { numbers += inputs[k].shape.count }
    try Work.charge(numbers)
    let standIns = standIns(inputs.count)
    let complete = standIns.isEmpty ? inputs : inputs + standIns.map { Tensor($0) }
    let inputs = try promoted(complete, given, whole: whole)
    let settings = try resolved(given, inputs)
    var call = Call(inputs: inputs, attributes: settings, saved: saves ? Saved() : nil)
    call.output = if let known { known } else { try forward(call) }
    // A product that was broken off has a result of any size.
    try Work.look()
    if case .expanded(let like?) = promotion, complete[like].dtype.isFloat {
      call.output = try call.output.converted(to: complete[like].dtype)
    }
    return call
  }
}

extension Op {
  /// For a loss, whether its targets are classes, not numbers that the predictions are compared with.
  package var takesClasses: Bool {
    family == .loss && operands.count > 1 && operands[1].role != .value
  }

  /// Whether a loss applies this activation, or one that undoes nothing of it, to what it is given.
  package func applies(again activation: Op) -> Bool {
    guard let own = applies?(), activation.family == .activation else { return false }
    // Probabilities, or their logarithms: softmax along an axis, and what lies between 0 and 1.
    let isProbability = activation.bounds?.high == 1 && activation.bounds?.low == 0
    return activation == own || isProbability || activation.settings.contains { $0.isGuess }
  }
}
