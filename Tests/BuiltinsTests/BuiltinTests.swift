import Diagnostics
import Foundation
import Testing

@testable import Builtins
@testable import Interpreter
@testable import Session

/// Built-ins read their arguments by the names of their one signature.
@Suite struct BuiltinTests {
  @Test func everyDefaultIsAConstant() {
    // What the library defines in nn evaluates its defaults itself.
    for builtin in Builtin.all + Builtin.overloads + Builtin.helpers
    where builtin.definition == nil {
      for parameter in builtin.parameters where parameter.fallback != nil {
        #expect(parameter.constant != nil, "\(builtin.signature)")
      }
    }
  }

  /// What a signature says of an op's setting is what the op falls back to.
  @Test func defaultsOfOpsAreWrittenInFull() {
    for builtin in Builtin.opFunctions {
      for setting in builtin.op?.settings ?? [] {
        guard case .value(.number(let n)) = setting.fallback,
          case .number(let written)?? = builtin.parameters.first(where: { $0.name == setting.name })
            .map(\.constant)
        else { continue }
        #expect(n == written, "\(builtin.signature)")
      }
    }
  }

  /// A read of an argument that the signature does not have tells of itself.
  @Test(arguments: Builtin.all.filter { !$0.example.isEmpty }.map(\.name))
  func exampleReadsNoUnknownArgument(_ name: String) throws {
    var told: [Diagnostic] = []
    _ = Session().run(try #require(Builtin.named(name)).example) {
      if case .warning(let warning) = $0, warning.id == .internalFault { told.append(warning) }
    }
    #expect(told.map(\.headline) == [])
  }

  /// The Swift text of the built-ins, file by file.
  private static func sources() throws -> [(file: String, text: String)] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Builtins")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasPrefix("Builtin") || $0 == "Diagnosis.swift" }
      .map { ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)) }
  }

  private static let readers =
    "value|has|isUsual|operand|node|double|int|wide|ints|flag|text|choice|dtype|positive|rate|parameters|"
    + "numbers|dataset|layer|state|sourceName|wrong"

  /// The names that the text reads, with the file of each.
  private static func namesRead() throws -> [(name: String, file: String)] {
    let read = try Regex(
      "(?:call\\.|[ (!])(?:set\\(&attributes, (?:isOn: )?|(?:\(readers))\\()\"(\\w+)\"",
      as: (Substring, Substring).self)
    return try sources().flatMap { file, text in
      text.matches(of: read).map { (String($0.output.1), file) }
    }
  }

  /// Also where no example goes: every name that a built-in's text reads is one that some signature has.
  @Test func everyNameThatIsReadIsAParameter() throws {
    let known = Set(
      (Builtin.all + Builtin.overloads + Builtin.helpers).flatMap { $0.parameters.map(\.name) })
    let read = try Self.namesRead()
    for (name, file) in read { #expect(known.contains(name), "\(file) reads \(name)") }
    #expect(read.count > 200)
  }

  /// The other way round: a default that no text reads by its name says nothing about what runs.
  @Test func everyDefaultIsReadByItsName() throws {
    let read = Set(try Self.namesRead().map(\.name))
    for builtin in Builtin.all + Builtin.overloads where builtin.definition == nil {
      // Settings and optional operands of ops are read in a loop over the op's own names.
      let looped = Set(builtin.op?.settings.map(\.name) ?? []).union(
        builtin.op?.operands.map(\.name) ?? [])
      for parameter in builtin.parameters where parameter.fallback != nil {
        #expect(
          read.contains(parameter.name) || looped.contains(parameter.name),
          "nobody reads `\(parameter.name)` of \(builtin.signature)")
      }
    }
  }

  /// A position or a second default beside a read would say the signature again.
  @Test func noReadGivesAPositionOrADefault() throws {
    let restated = try Regex(
      "call\\.(?:(?:\(Self.readers))\\((?:[0-9]|[^()]*, or: )|values\\[|builtin\\.parameters)")
    for (file, text) in try Self.sources() {
      for (i, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        #expect(line.firstMatch(of: restated) == nil, "\(file):\(i + 1): \(line)")
      }
    }
    for line in [
      "try call.double(7, or: 1e-5)", "call.flag(\"keepdim\", or: false)", "call.values[2]",
      "call.builtin.parameters.dropFirst(4)",
    ] {
      #expect(line.firstMatch(of: restated) != nil)
    }
  }
}
