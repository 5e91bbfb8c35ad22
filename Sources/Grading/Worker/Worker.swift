// The learner's side: runs their script, answers calls with plain values. It knows no reference.
import Builtins
import Diagnostics
import Interpreter
import Platform
import Session
import Syntax
import Tensors

/// A script to run, and what will be called.
package struct Job: Coded, Sendable {
  package let script: String
  package let call: String
  package let parameters: [String]
  /// What the starter defines: these names mean the learner's functions, all others the language's.
  package let own: [String]
  /// Functions whose calls are counted.
  package let counted: [String]
  package let forbidden: [String]
  /// Functions of the course that take the place of the script's.
  package let mended: [String]
  package let budgets: Budgets
}

/// What a run of the script or a call took.
package struct Cost: Coded, Equatable, Sendable {
  package var steps = 0
  package var bytes = 0
  package var depth = 0
  package var outputBytes = 0
  package init() {}

  /// The larger of each.
  package func and(_ other: Cost) -> Cost {
    var both = self
    both.steps = max(steps, other.steps)
    both.bytes = max(bytes, other.bytes)
    both.depth = max(depth, other.depth)
    both.outputBytes = max(outputBytes, other.outputBytes)
    return both
  }
}

/// What a worker is asked.
package enum Request: Coded, Sendable {
  case run(Job)
  /// - Parameter limit: how large an answer is wanted, in numbers.
  case call([PlainValue], limit: Int)
}

/// What a worker answers: plain values only, never code.
package enum Reply: Coded, Sendable {
  /// The script ran to its end.
  case ready(warnings: [String], printed: String, uses: Uses, cost: Cost)
  case value(PlainValue, calls: [String: Int], printed: String, cost: Cost)
  case fault(ScriptFault)
}

/// Which of the script's functions a check needs.
package struct Uses: Coded, Sendable {
  /// Those that it calls itself.
  var called: Set<String> = []
  /// Those, and all that these mention.
  var reached: Set<String> = []
  /// Which of them are layers.
  var layers: Set<String> = []
}

/// What stopped the script or a call.
package struct ScriptFault: Coded, Equatable, Sendable, Error {
  /// The diagnostic's id, or what became of the process.
  package let id: String
  /// One line.
  package let headline: String
  /// The line of the script, if it is there.
  package let line: Int?
  package let hint: String?
  /// Whether a limit was passed.
  package let isLimit: Bool

  package init(
    id: String, headline: String, line: Int? = nil, hint: String? = nil, isLimit: Bool = false
  ) {
    self.id = id
    self.headline = Escaped.line(headline)
    self.line = line
    self.hint = hint.map(Escaped.line)
    self.isLimit = isLimit
  }

  /// Both in one line.
  package var text: String { headline + (line.map { " (line \($0))" } ?? "") }
}

extension ScriptFault {
  /// A function that the checks call is not there.
  static let undefined = "not-defined"
}

/// Whoever answers for a script: a process of its own, or a session in this one.
package protocol Respondent: AnyObject {
  /// - Throws: `ScriptFault` when no answer came.
  func ask(_ request: Request) throws(ScriptFault) -> Reply
}

/// Runs one script and answers calls.
package final class Worker: Respondent {
  private let session = Session()
  private var function = Value.none
  private var budgets = Budgets()
  private var printed = ""
  private var isCut = false
  private var warnings: [String] = []
  private var counted: [String] = []

  package init() {}

  /// Does what is asked, in this process.
  package func ask(_ request: Request) -> Reply {
    printed = ""
    isCut = false
    do throws(Diagnostic) {
      switch request {
      case .run(let job):
        if let fault = begin(job) { return .fault(fault) }
        return try run(job)
      case .call(let arguments, let limit):
        session.count(callsOf: counted)
        session.machine.probe.isAsking = true
        session.machine.probe.began = session.machine.graph.clock
        let values = try arguments.map { value throws(Diagnostic) in
          do throws(TensorError) { return try value.value(in: session) } catch {
            throw TensorFault(error).at(nil)
          }
        }
        let value = try session.call(function, values) { self.hear($0) }
        return .value(
          PlainValue(value, atMost: limit),
          calls: session.callCounts(of: counted), printed: printed, cost: cost)
      }
    } catch {
      return .fault(fault(error))
    }
  }

  /// What the run that has just ended took.
  private var cost: Cost {
    var cost = Cost()
    cost.steps = session.machine.stepsUsed
    cost.bytes = max(0, session.machine.bytesHeld)
    cost.depth = session.machine.probe.deepest
    cost.outputBytes = printed.utf8.count
    return cost
  }

  /// Takes the job's budgets on.
  /// - Returns: why the script is not looked at.
  private func begin(_ job: Job) -> ScriptFault? {
    budgets = job.budgets
    session.machine.budget.limits.steps = budgets.steps
    session.machine.budget.limits.depth = budgets.depth
    session.machine.budget.limits.liveBytes = budgets.megabytes << 20
    // What is too much to keep is dropped; the run goes on.
    session.machine.budget.limits.outputBytes = .max
    guard job.script.utf8.count > budgets.sourceBytes else { return nil }
    return ScriptFault(
      id: Diagnostic.Identifier.sourceTooLarge.rawValue,
      headline:
        "the script has \(job.script.utf8.count) bytes; at most \(budgets.sourceBytes) are read",
      isLimit: true)
  }

  private func run(_ job: Job) throws(Diagnostic) -> Reply {
    warnings = Rules.warnings(job.script)
    let source = session.add(source: job.script, name: "script")
    var uses = Uses()
    try session.onBigStack { () throws(Diagnostic) in
      let parsed = Parser.parse(source)
      if let problem = parsed.diagnostics.first { throw Rules.unreadable(job.script) ?? problem }
      let script = ScriptNames(parsed.statements)
      uses = script.uses(job.call)
      if let breach = Rules.breach(parsed.statements, script, job) { throw breach }
    }
    session.machine.probe.forbidden = Set(job.forbidden)
    session.machine.probe.isFollowing = true
    counted = job.counted
    session.count(callsOf: counted)
    let outcome = session.run(source, in: 0..<source.bytes.count) { self.hear($0) }
    if let error = outcome.errors.first { throw error }
    let cost = cost
    for text in job.mended {
      let source = SourceText(id: SourceID.call, name: "course", text)
      try session.define(Parser.parse(source).statements, in: source)
    }
    function = try session.function(job.parameters, job.call, own: job.own)
    return .ready(warnings: warnings, printed: printed, uses: uses, cost: cost)
  }

  private func hear(_ event: Event) {
    if case .warning(let warning) = event, warnings.count < 5 {
      let line = warning.span.flatMap {
        $0.source == 0 ? session.sources.first?.line(at: Int($0.start)) : nil
      }
      warnings.append(Escaped.line((line.map { "line \($0): " } ?? "") + warning.headline))
    }
    guard case .text(let text) = event, !isCut else { return }
    printed += text
    guard printed.utf8.count > budgets.outputBytes else { return }
    printed =
      String(decoding: printed.utf8.prefix(budgets.outputBytes), as: UTF8.self) + "… truncated"
    isCut = true
  }

  private func fault(_ diagnostic: Diagnostic) -> ScriptFault {
    var line: Int?
    if let span = diagnostic.span, span.source == 0, let script = session.sources.first {
      line = script.line(at: Int(span.start))
    }
    // What the course calls and the script does not have.
    if case .unknownName(let name, _)? = diagnostic.facts(as: RunFault.self),
      let span = diagnostic.span,
      Int(span.source) == SourceID.call
    {
      return ScriptFault(
        id: ScriptFault.undefined, headline: "your script does not define `\(name)`",
        hint: "keep the names that the starter gives its functions")
    }
    var headline = diagnostic.headline
    if case .gap(let toDo)? = diagnostic.facts(as: BuiltinFault.self) {
      headline = "still to do: \(toDo)"
    }
    // What the marks under the source line would say: the shapes of both sides.
    let marks = diagnostic.labels.map({ $0.text }).filter { !$0.isEmpty }
    let shapes = marks.isEmpty ? "" : ": " + marks.joined(separator: " and ")
    return ScriptFault(
      id: diagnostic.id.rawValue, headline: headline + shapes, line: line, hint: diagnostic.hint,
      isLimit: diagnostic.id.isLimit)
  }
}
