// An exercise: what a learner starts from, and its checks.
import Diagnostics
import Syntax

/// An exercise with its checks, those of the instructor included where they are at hand.
package struct Exercise {
  package let id: String
  package let title: String
  package let lesson: String?
  package let needs: [String]
  /// The text that a learner starts from.
  package let starter: String
  /// What its starter defines: the names that checks call.
  package let names: [String]
  package let hints: [String]
  package let checks: [Check]
  /// Built-ins that the learner's functions may not use.
  package let forbidden: [String]

  /// What its public checks give.
  package var points: Int {
    checks.filter { !$0.isHidden }.reduce(0) { $0 + $1.declaration.points }
  }
}

extension Exercise {
  /// Reads an exercise from its files.
  package init(
    _ id: String, lesson: String?, starter: String, checks: String, hidden: String? = nil
  ) throws(CourseProblem) {
    let (file, shown) = try Exercise.read(
      checks, Exercise.checksPath(id), id, isHidden: false)
    var all = shown
    var forbidden = file.forbidden + file.forbiddenFamilies.flatMap(Families.members)
    if let hidden {
      let (more, checks) = try Exercise.read(hidden, id + ".hidden.nn", id, isHidden: true)
      all += checks
      forbidden += more.forbidden + more.forbiddenFamilies.flatMap(Families.members)
    }
    guard !shown.isEmpty else {
      throw GradingFault.noChecks(exercise: id).problem
    }
    guard Set(all.map({ $0.id })).count == all.count else {
      throw GradingFault.sameName(exercise: id).problem
    }
    for check in all {
      let drawn = check.declaration.draws.flatMap { $0.names }
      if Set(drawn).count != drawn.count { throw GradingFault.drawnTwice(check: check.id).problem }
      if let by = check.declaration.gradient?.by, !drawn.contains(by) {
        throw GradingFault.notDrawn(check: check.id, by).problem
      }
      for tolerance in [check.declaration.rtol, check.declaration.atol] {
        guard let tolerance, !(0...0.1).contains(tolerance) else { continue }
        throw GradingFault.tolerance(check: check.id).problem
      }
    }
    (self.id, self.lesson, self.starter) = (id, lesson, starter)
    (title, needs, hints) = (file.title, file.needs, file.hints)
    names = Rules.definitions(starter)
    self.checks = all
    self.forbidden = forbidden
  }

  /// Where the checks of an exercise are, below the course.
  static func checksPath(_ id: String) -> String { "exercises/\(id).check.nn" }

  private static func read(_ text: String, _ path: String, _ id: String, isHidden: Bool)
    throws(CourseProblem) -> (CheckFile, [Check])
  {
    let source = SourceText(id: 0, name: path, text)
    let file: CheckFile
    do throws(Diagnostic) { file = try Parser.checkFile(source) } catch {
      throw CourseProblem(diagnostic: error, source: source)
    }
    guard file.exercise == id else {
      throw GradingFault.ofAnother(path: path, exercise: file.exercise, wanted: id).problem
    }
    return (
      file,
      file.checks.map {
        Check(declaration: $0, file: file, source: source, isHidden: isHidden, exercise: id)
      }
    )
  }
}

/// One check, and the file that it is declared in.
package struct Check {
  package let declaration: CheckDeclaration
  package let file: CheckFile
  package let source: SourceText
  package let isHidden: Bool
  package let exercise: String

  /// `ex03.dw`
  package var id: String { exercise + "." + declaration.name }
}

/// A fault of the course, not of the learner.
package struct CourseProblem: Error {
  package let diagnostic: Diagnostic
  /// The file that the diagnostic points into.
  package let source: SourceText?
}

extension GradingFault {
  /// A fault of the course as a whole.
  package var problem: CourseProblem { CourseProblem(diagnostic: at(nil), source: nil) }
}
