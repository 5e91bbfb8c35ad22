import Diagnostics
import Foundation
import Interpreter
import Session
import Synchronization
import Testing

/// Every fault is met by a program, and what its `Try:` says is tried.
@Suite struct RemedyTests {
  struct Remedy: Sendable, CustomTestStringConvertible {
    let name: String
    let broken: String
    let mended: String
    /// Whether the mended program holds a piece of code that the `Try:` names.
    let isLiteral: Bool
    var testDescription: String { name }
  }

  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The enums of facts, with the files that word them.
  static let stages = [
    "BuiltinFault": "Builtins/BuiltinFault.swift",
    "RunFault": "Interpreter/Machine/Faults/RunFault.swift",
    "GradientFault": "Interpreter/Machine/Faults/GradientFault.swift",
    "SyntaxFault": "Syntax/SyntaxFault.swift", "TensorError": "Tensors/TensorError.swift",
  ]

  /// Faults that no short program of a learner's has, with where they are met.
  static let elsewhere: [String: String] = [
    "BuiltinFault.unwritableTensors": "cannot happen",
    "BuiltinFault.tooManySteps": "a graph of 10,000 steps: transcript too-large-to-tell",
    "RunFault.libraryUnreadable": "a fault of ours", "RunFault.libraryDefinesNothing": "ours",
    "RunFault.textbookMakesNothing": "ours", "RunFault.unknownArgumentRead": "ours",
    "RunFault.expectation": "a claim of the program: LanguageTests",
    "RunFault.notAssignable": "the parser refuses it first",
    "RunFault.noOutput": "Out is of the workbench: WorkbenchTests",
    "RunFault.grows": "half a gigabyte: transcript memory-limit",
    "RunFault.changedMeaning": "a script's header: ContradictionTests",
    "RunFault.memory": "transcript memory-limit", "RunFault.steps": "LanguageTests",
    "RunFault.interrupted": "TerminalTests", "RunFault.output": "LanguageTests",
    "GradientFault.unrecorded": "the same as untracked, for whoever holds a node",
    "GradientFault.tensor": "TensorError", "GradientFault.contradiction": "ContradictionTests",
    "GradientFault.tooManySteps": "transcript too-large-to-tell",
    "SyntaxFault.cutCharacter": "a file of bytes", "SyntaxFault.tooLarge": "megabytes",
    "SyntaxFault.tooDeep": "LanguageTests", "SyntaxFault.notNumber": "every run of digits is one",
    "SyntaxFault.noExercise": "check files: CourseTests", "SyntaxFault.hintOrder": "check files",
    "SyntaxFault.sameCheck": "check files", "SyntaxFault.emptyCheck": "check files",
    "SyntaxFault.unknownCheckStatement": "check files", "SyntaxFault.noRange": "check files",
    "SyntaxFault.notCount": "check files", "SyntaxFault.expressionsInText": "check files",
    "SyntaxFault.unknownShare": "check files", "SyntaxFault.notShare": "check files",
    "RunFault.forbidden": "only in checks: AttackTests",
    "SessionFault.badStream": "notebooks: LessonWalkTests saves and reads one",
    "TensorError.noRule": "ours: OpTableTests", "TensorError.stopped": "TerminalTests",
    "TensorError.noValue": "ours", "TensorError.settingMissing": "a call without its axis: OpTests",
  ]

  static let all: [Remedy] = {
    let file = repository.appending(path: "Tests/InterpreterTests/Remedies/remedies.txt")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    var stage = ""
    var pending: (String, [String])?
    var found: [Remedy] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("== ") {
        stage = String(line.dropFirst(3))
      } else if !line.hasPrefix(" ") {
        pending = (String(line), [])
      } else if var (name, programs) = pending {
        programs.append(
          line.drop { $0 == " " }.replacingOccurrences(of: "⏎", with: "\n"))
        pending = (name, programs)
        guard programs.count == 2 else { continue }
        let isLiteral = !name.hasSuffix("~")
        if !isLiteral { name.removeLast() }
        found.append(
          Remedy(
            name: "\(stage).\(name)", broken: programs[0], mended: programs[1],
            isLiteral: isLiteral))
      }
    }
    return found
  }()

  /// What a program is told, errors and warnings.
  static func told(_ code: String) -> [Diagnostic] {
    let session = Session()
    session.machine.files = filesInMemory()
    var warnings: [Diagnostic] = []
    let outcome = session.run(code) { event in
      if case .warning(let warning) = event { warnings.append(warning) }
    }
    return outcome.errors + warnings
  }

  /// `RunFault.notCallable`
  static func name(_ diagnostic: Diagnostic) -> String {
    func name(_ value: Any) -> String {
      let label = Mirror(reflecting: value).children.first?.label
      return "\(type(of: value)).\(label ?? "\(value)")"
    }
    guard let facts = Mirror(reflecting: diagnostic).descendant("kept", "facts") else { return "" }
    let mirror = Mirror(reflecting: facts)
    // A fault of tensors, worded by another stage.
    if mirror.displayStyle == .struct, let error = mirror.children.first {
      return name(error.value)
    }
    if let inner = mirror.children.first, inner.label == "tensor" { return name(inner.value) }
    return name(facts)
  }

  @Test func everyFaultHasOne() throws {
    let tried = Set(Self.all.map(\.name))
    #expect(tried.count == Self.all.count)
    for (stage, path) in Self.stages {
      let file = Self.repository.appending(path: "Sources/" + path)
      let enumeration = try String(contentsOf: file, encoding: .utf8).components(
        separatedBy: "\nextension ")[0]
      for line in enumeration.split(separator: "\n") where line.hasPrefix("  case ") {
        let name = stage + "." + line.dropFirst(7).prefix { $0.isLetter }
        let (isTried, reason) = (tried.contains(name), Self.elsewhere[name])
        if isTried == (reason != nil) {
          Issue.record(
            isTried
              ? "\(name) has a pair in remedies.txt: take it out of RemedyTests.elsewhere"
              : "\(name) has no pair in Tests/InterpreterTests/Remedies/remedies.txt: add one, or say in RemedyTests.elsewhere where it is met"
          )
        }
      }
    }
  }

  @Test(arguments: all) func whatIsSaidHelps(_ remedy: Remedy) throws {
    let told = Self.told(remedy.broken)
    let fault = try #require(
      told.first { Self.name($0) == remedy.name },
      "\(remedy.broken): \(told.map { Self.name($0) + ": " + $0.headline })")
    let hint = try #require(fault.hint)
    let after = Self.told(remedy.mended).filter {
      $0.severity == .error || Self.name($0) == remedy.name
    }
    #expect(after.map(\.headline) == [], "\(remedy.mended)")
    let names = hint.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    if remedy.isLiteral {
      #expect(names.isEmpty || names.contains { Self.follows(remedy.mended, $0) }, "\(hint)")
    }
  }

  /// Whether a program holds what was named; `…` stands for anything.
  private static func follows(_ program: String, _ code: String) -> Bool {
    var rest = Substring(program)
    for part in code.components(separatedBy: "…").map({ $0.trimmingCharacters(in: .whitespaces) }) {
      if part.isEmpty { continue }
      guard let range = rest.range(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}

/// Files that live as long as the test.
private func filesInMemory() -> FileAccess {
  let files = Mutex<[String: [UInt8]]>([
    "numbers.csv": Array("a,b\n1,2\n3,4\n".utf8), "bytes.csv": [0xff, 0xfe],
  ])
  return FileAccess(
    read: { path in
      files.withLock { $0[path] }.map { .success($0) }
        ?? .failure(FileAccess.FileFault(reason: "there is no such file"))
    },
    write: { path, bytes in
      if path.contains("/") {
        return .failure(FileAccess.FileFault(reason: "there is no such folder"))
      }
      files.withLock { $0[path] = bytes }
      return .success(())
    })
}
