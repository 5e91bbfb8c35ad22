import EmbeddedFiles
import Builtins
import Diagnostics
import Foundation
import Interpreter
import Lessons
import Rendering
import Session
import Testing

@Suite struct TranscriptTests {
  /// Diagnostics that no session of its own shows, with the place that does.
  static let elsewhere: [Diagnostic.Identifier: String] = [
    .badCell: "cells of a script: SessionTests", .expectedError: "cells of a script",
    .changedMeaning: "a script's header", .notUTF8: "files", .sourceTooLarge: "a text of megabytes",
    .tooDeep: "hundreds of brackets: LanguageTests",
    .badCheck: "check files: GradingTests", .badCourse: "course files: GradingTests",
    .forbidden: "graded scripts: GradingTests", .reservedName: "graded scripts: GradingTests",
    .stepLimit: "graded scripts: LanguageTests", .outputLimit: "64 MB of output: LanguageTests",
    .interrupted: "Ctrl-C: TerminalTests", .internalFault: "a fault of ours",
  ]

  /// A learner has seen what we have seen: each diagnostic is on a recorded screen.
  @Test func everyDiagnosticIsOnAScreen() throws {
    let lessons = try FileManager.default.contentsOfDirectory(
      at: Transcript.repository.appendingPathComponent("lessons"), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "out" }.map { try String(contentsOf: $0, encoding: .utf8) }
    let screens = Transcript.all.map(\.text) + lessons
    for id in Diagnostic.Identifier.allCases {
      let isShown = screens.contains { $0.contains("[\(id.rawValue)]: ") }
      #expect(isShown != (Self.elsewhere[id] != nil), "\(id.rawValue): shown \(isShown)")
    }
  }

  @Test(arguments: Transcript.all) func sessionShowsWhatWasRecorded(_ golden: Transcript) throws {
    let output = Transcript.play(Transcript.entries(golden.text))
    if let diff = Diff.unified(golden.text, output, from: golden.path, to: "now") {
      if golden.isRecorded { try golden.record(output) }
      Issue.record("\(diff)\n\(golden.isRecorded ? Transcript.recorded : Transcript.howToRecord)")
    }
  }

  @Test func thereAreTranscripts() { #expect(Transcript.all.count >= 8) }

  @Test func readmeSessionIsTrue() throws {
    let file = Transcript.repository.appendingPathComponent("README.md")
    let readme = try String(contentsOf: file, encoding: .utf8)
    let blocks = readme.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }
    let session = try #require(blocks.first { $0.element.contains("nn[1]> ") }?.element)
    let text = String(session.drop { $0 != "\n" }.dropFirst())
    #expect(
      Diff.unified(text, Transcript.play(Transcript.entries(text)), from: "README", to: "now")
        == nil)
  }
}
