// A solution with one thing changed at a time: what no check sees.
import Diagnostics
import Syntax

/// A change of a solution.
package struct Mutation {
  package let line: Int
  /// What was changed.
  package let said: String
  /// The changed expression.
  package let text: String
  fileprivate let script: String
}

/// Proposes mutants.
package struct Mutations {
  private let exercise: Exercise
  private let solution: SourceText
  private let judge: Judge

  package init(_ course: Course, _ exercise: Exercise, solution: String) {
    self.exercise = exercise
    self.solution = SourceText(id: 0, name: "solution", solution)
    // The course's own scripts need no process of their own.
    judge = Judge(course.conditions) { _ in Worker() }
  }

  /// Changes that every check passes.
  /// - Throws: `CourseProblem`
  package func survivors(most: Int) throws -> (tried: Int, survivors: [Mutation]) {
    let all = mutations
    // Evenly from all places, where there are too many.
    let step = max(1, (all.count + most - 1) / max(1, most))
    let tried = stride(from: 0, to: all.count, by: step).map { all[$0] }
    return (tried.count, try tried.filter { try passes($0.script) })
  }

  private func passes(_ script: String) throws -> Bool {
    for check in exercise.checks {
      let outcomes = try judge.judge(
        exercise, script: script, learner: "learner 0", key: "course mutate",
        only: { $0.id == check.id })
      guard outcomes.allPass else { return false }
    }
    return true
  }

  private var mutations: [Mutation] {
    var found: [Mutation] = []
    func enter(_ function: Function) {
      let names = function.parameters.map { $0.name }
      var surroundings = Surroundings()
      for name in names { surroundings.siblings[name] = names.filter { $0 != name } }
      let edits = Edits(surroundings: surroundings)
      Walk.statements(in: function.body) { statement in
        for root in statement.roots {
          for variant in edits.variants(of: root, isAnswer: false)
          where variant.formula.sorted != root.sorted {
            found.append(mutation(root.span, variant))
          }
        }
        if case .function(let inner) = statement.kind { enter(inner) }
      }
    }
    Walk.expressions(in: Parser.parse(solution).statements) { _ in
    } function: {
      enter($0)
    }
    return found
  }

  private func mutation(_ span: Span, _ variant: Variant) -> Mutation {
    let (start, end) = (Int(span.start), Int(span.end))
    let script =
      String(decoding: solution.bytes[..<start], as: UTF8.self) + "(" + variant.formula.text + ")"
      + String(decoding: solution.bytes[end...], as: UTF8.self)
    return Mutation(
      line: solution.line(at: start), said: variant.change.said, text: variant.formula.text,
      script: script)
  }
}

extension Expression {
  /// The same for sums and products that differ in their order only.
  fileprivate var sorted: String {
    switch kind {
    case .binary(let sign, let a, let b, _) where sign == .add || sign == .multiply:
      "(" + [a.sorted, b.sorted].sorted().joined(separator: sign.rawValue) + ")"
    default:
      parts.isEmpty
        ? text
        : "\(with(parts.map { _ in Expression(kind: .none, span: span) }).text)\(parts.map { $0.sorted })"
    }
  }
}

extension Statement {
  /// The expressions that stand in it as wholes; inner statements not entered.
  fileprivate var roots: [Expression] {
    switch kind {
    case .expression(let value), .assign(_, _, let value), .parameter(_, let value, _),
      .buffer(_, let value, _), .whileLoop(let value, _), .repeatLoop(let value, _),
      .forLoop(_, let value, _):
      [value]
    case .branch(let branches, _): branches.map({ $0.condition })
    case .returnValue(let value): [value].compactMap { $0 }
    default: []
    }
  }
}
