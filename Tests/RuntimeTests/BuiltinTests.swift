import Diagnostics
import Foundation
import Testing

@testable import Runtime

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
  @Test func defaultsOfOpsAreWrittenInFull() throws {
    for builtin in Builtin.opFunctions {
      for setting in try #require(builtin.op).settings {
        guard case .number(let n)? = setting.fallback,
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

  /// Also where no example goes: every name that a built-in's text reads is one that some signature has.
  @Test func everyNameThatIsReadIsAParameter() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Runtime")
    let known = Set(
      (Builtin.all + Builtin.overloads + Builtin.helpers).flatMap { $0.parameters.map(\.name) })
    let read = try Regex(
      #"(?:call\.|[ (!])(?:value|has|isUsual|operand|node|double|int|ints|flag|text|choice|dtype|positive|rate|parameters|numbers|dataset|layer|state|sourceName|wrong)\("(\w+)""#,
      as: (Substring, Substring).self)
    var count = 0
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where file.hasPrefix("Builtin") || file == "Diagnosis.swift" {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      for match in text.matches(of: read) {
        count += 1
        #expect(known.contains(String(match.output.1)), "\(file) reads \(match.output.1)")
      }
    }
    #expect(count > 200)
  }
}
