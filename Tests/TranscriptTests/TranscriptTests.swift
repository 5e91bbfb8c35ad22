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
      Issue.record("\(diff)\n\(Transcript.howToRecord)")
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

@Suite struct LessonTests {
  @Test(arguments: Lesson.all.map(\.name)) func outputIsTheRecordedOne(_ name: String) throws {
    let lesson = try #require(Lesson.named(name))
    let session = Session(seed: Notebook(SourceText(id: 0, name: name, lesson.text)).seed ?? 0)
    let notebook = Notebook(session.add(source: lesson.text, name: name + ".nn"))
    let style = PlaybackText(Style())
    var output = ""
    let errors = Playback.run(notebook, in: session) { output += style.render($0, in: session) }
    #expect(errors.map(\.headline) == [])
    #expect(Diff.unified(try #require(lesson.recordedOutput), output, from: name, to: "now") == nil)
    #expect(output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func programCarriesEveryFileOfTheFolder() throws {
    let folder = Transcript.repository.appendingPathComponent("lessons").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    let scripts = files.filter { $0.hasSuffix(".nn") }.map { String($0.dropLast(3)) }
    #expect(Lesson.all.map(\.name) == scripts.sorted())
    for lesson in Lesson.all { #expect(lesson.recordedOutput != nil, "\(lesson.name)") }
    for (prefix, path, ending) in [
      ("library/", "Sources/Builtins/Library", ".nn"), ("data/", "lessons/data", ".csv"),
      ("help/errors/", "Sources/Rendering/Pages/errors", ".txt"),
    ] {
      let folder = Transcript.repository.appendingPathComponent(path)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(ending) }.sorted()
      let carried = EmbeddedFiles.names.filter { $0.hasPrefix(prefix) }
      #expect(carried == files.map { prefix + $0 })
      for file in files {
        let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
        #expect(EmbeddedFiles.text(prefix + file) == text, "\(file)")
      }
    }
  }

  @Test func everyLessonEndsWithThingsToTry() {
    for lesson in Lesson.all {
      #expect(
        lesson.text.contains("# Three things to try") || lesson.text.contains("Three things to try")
      )
      #expect(lesson.text.contains("# 3. "))
    }
  }

  /// A truncated script gives a diagnostic or a result, never a crash.
  @Test func truncatedAnywhereItIsReadInPeace() throws {
    let text = try #require(Lesson.named("3")).text
    let bytes = Array(text.utf8)
    for end in 0...bytes.count {
      let part = String(decoding: bytes[..<end], as: UTF8.self)
      _ = Notebook(SourceText(id: 0, name: "part", part)).cells.count
    }
    // Running each of thousands of prefixes would take minutes in debug mode; every 97th stands for all.
    for end in stride(from: 0, through: bytes.count, by: 97) {
      let session = Session()
      let source = session.add(source: String(decoding: bytes[..<end], as: UTF8.self), name: "part")
      _ = Playback.run(Notebook(source), in: session) { _ in }
    }
  }
}

@Suite struct HelpTests {
  @Test(arguments: HelpText.topics) func everyTopicHasAPage(_ topic: String) throws {
    guard !["pi", "inf", "nan"].contains(topic) else { return }
    let page = try HelpText.page(topic, Style()).get()
    #expect(page.count > 20)
    #expect(!page.contains("error["))
  }

  @Test(arguments: Builtin.all.filter { !$0.example.isEmpty }.map(\.name))
  func examplesRun(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let outcome = Session().run(builtin.example) { _ in }
    #expect(outcome.errors.map(\.headline) == [])
  }
}
