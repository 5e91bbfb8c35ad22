// The reference's own formula, with one thing changed.
import Diagnostics
import Syntax

/// A variant, ready to be evaluated: one of the formula's lines is another.
struct ReferenceVariant {
  let lines: [CheckDeclaration.Binding]
  let change: Change
}

/// A count that a case has.
struct Count {
  let name: String
  let value: (Case) -> Double
}

extension Reference {
  /// What a wrong answer may be off by: whole numbers that are drawn, and lengths of axes.
  func counts(beside trials: [Trial]) -> [Count] {
    guard let first = trials.first else { return [] }
    var counts: [Count] = []
    for (i, input) in first.inputs.inputs.enumerated() {
      switch input.value {
      case .number:
        let values = trials.flatMap { $0.inputs.inputs[i].value.numbers }
        guard values.allSatisfy({ $0 == $0.rounded() && $0 >= 1 }) else { continue }
        counts.append(Count(name: input.name) { $0.inputs[i].value.numbers.first ?? .nan })
      case .tensor(let dims, _):
        for axis in dims.indices {
          counts.append(
            Count(name: "\(input.name).shape[\(axis)]") {
              if case .tensor(let dims, _) = $0.inputs[i].value, axis < dims.count {
                Double(dims[axis])
              } else {
                .nan
              }
            })
        }
      default: break
      }
    }
    // An axis that is as long as a drawn number says is that number.
    var seen: [[Double]] = []
    return counts.filter { count in
      let values = trials.map { count.value($0.inputs) }
      guard !seen.contains(values), values.contains(where: { $0 != 1 }) else { return false }
      seen.append(values)
      return true
    }
  }

  /// One-edit variants of what the check expects, its `where` and the short functions that it uses included,
  /// each with a value of the right kind in the smallest case.
  func variants(beside trials: [Trial]) throws(CourseProblem) -> [ReferenceVariant] {
    let declaration = check.declaration
    guard let expected = declaration.expected,
      let smallest = trials.min(by: { $0.inputs.size < $1.inputs.size })
    else { return [] }
    var functions: [String: Function] = [:]
    for case .function(let function) in check.file.definitions.map({ $0.kind }) {
      if let name = function.name { functions[name] = function }
    }
    let lines =
      declaration.definitions.map {
        CheckDeclaration.Binding(name: $0.name, value: $0.value.inlined(functions))
      } + [CheckDeclaration.Binding(name: "", value: expected.inlined(functions))]
    let edits = Edits(surroundings: try surroundings(lines, trials))
    var found: [ReferenceVariant] = []
    // The last line first: what is said of it is nearest to what the learner writes.
    for i in lines.indices.reversed() {
      // Where terms are declared, what is added is told of those.
      for variant in edits.variants(of: lines[i].value, isAnswer: declaration.terms.isEmpty) {
        var changed = lines
        changed[i] = CheckDeclaration.Binding(name: lines[i].name, value: variant.formula)
        let whole = ReferenceVariant(lines: changed, change: variant.change)
        // Most are told apart by one case.
        guard let value = self.value(of: whole, smallest.inputs),
          Blame.same(smallest.answer, value)
        else { continue }
        found.append(whole)
      }
    }
    return found
  }

  /// Nil where it cannot be evaluated.
  func value(of variant: ReferenceVariant, _ inputs: Case) -> PlainValue? {
    try? values(of: variant.lines, inputs).last?.value
  }

  private func surroundings(
    _ lines: [CheckDeclaration.Binding], _ trials: [Trial]
  ) throws(CourseProblem) -> Surroundings {
    var around = Surroundings()
    around.counts = counts(beside: trials).map { $0.name }
    // By name, the shapes in a few cases: two names are siblings if they have the same in all.
    var forms: [String: [[Int]?]] = [:]
    var names: [String] = []
    var answers: [[Int]?] = []
    for trial in trials.prefix(4) {
      answers.append(trial.expected.dims)
      let values =
        trial.inputs.inputs
        + (try guarded { () throws(Diagnostic) -> [(name: String, value: PlainValue)] in
          try self.values(of: lines.dropLast(), trial.inputs)
        })
      for (name, value) in values {
        if forms[name] == nil { names.append(name) }
        forms[name, default: []].append(value.dims)
      }
    }
    for name in names {
      guard let form = forms[name], form.allSatisfy({ $0 != nil }) else { continue }
      around.siblings[name] = names.filter { $0 != name && forms[$0] == form }
      if form.allSatisfy({ $0?.count == 2 }) { around.matrices.insert(name) }
      if form == answers { around.addends.append(name) }
    }
    return around
  }
}

extension PlainValue {
  /// The lengths of its axes; nil if it is no number or tensor.
  var dims: [Int]? {
    switch self {
    case .number: []
    case .tensor(let dims, _): dims
    default: nil
    }
  }
}
