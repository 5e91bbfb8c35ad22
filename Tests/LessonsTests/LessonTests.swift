import Diagnostics
import Foundation
import Interpreter
import Lessons
import Rendering
import Session
import Testing

@Suite struct LessonTests {
  @Test(arguments: Lesson.all.map(\.name)) func outputIsTheRecordedOne(_ name: String) throws {
    let lesson = try #require(Lesson.named(name))
    let session = Session(seed: Notebook(SourceText(id: 0, name: name, lesson.text)).seed ?? 0)
    let notebook = Notebook(session.add(source: lesson.text, name: name + ".nn"))
    let style = PlaybackText(Style())
    var output = ""
    let errors = Playback.run(notebook, in: session) { output += style.render($0, in: session) }
    #expect(errors.map(\.headline) == [])
    let difference = Diff.unified(
      try #require(lesson.recordedOutput), output, from: name, to: "now")
    #expect(
      difference == nil,
      "if it is as it should be: .build/debug/nnrepl run --promote lessons/\(name).nn, then build again"
    )
    let wide = output.split(separator: "\n").map(String.init).filter { $0.columns > 80 }
    #expect(wide.isEmpty, "lines of more than 80 columns")
  }

  @Test func everyLessonHasItsRecord() {
    #expect(Lesson.all.map(\.number) == Array(1...14))
    for lesson in Lesson.all { #expect(lesson.recordedOutput != nil, "\(lesson.name)") }
  }

  @Test(arguments: Lesson.all.map(\.name)) func itEndsWithThreeThingsToTry(_ name: String) throws {
    let text = try #require(Lesson.named(name)).text
    let end = text.components(separatedBy: "# ## Three things to try").dropFirst().last
    let hasAll = end.map { end in ["# 1. ", "# 2. ", "# 3. "].allSatisfy { end.contains($0) } }
    #expect(
      hasAll == true,
      "\(name).nn must end with a text cell `## Three things to try`, numbered 1 to 3")
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

@Suite struct DiffTests {
  private func diff(_ old: String, _ new: String) -> String? {
    Diff.unified(old, new, from: "a", to: "b")
  }

  @Test func equalTextsHaveNone() { #expect(diff("a\nb\n", "a\nb\n") == nil) }

  /// What `diff -u` prints for these.
  @Test func changesStandInTheirContext() {
    let old = (1...12).map(String.init).joined(separator: "\n") + "\n"
    let new = old.replacingOccurrences(of: "\n6\n", with: "\nsix\n")
    #expect(
      diff(old, new)
        == "--- a\n+++ b\n@@ -3,7 +3,7 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9\n")
  }

  @Test func changesFarApartAreHunksOfTheirOwn() throws {
    let old = (1...40).map(String.init)
    var new = old
    new.remove(at: 30)
    new.insert("more", at: 2)
    let text = try #require(diff(old.joined(separator: "\n"), new.joined(separator: "\n")))
    #expect(text.components(separatedBy: "@@ -").count == 3)
    #expect(text.contains("+more\n") && text.contains("-31\n"))
  }

  @Test func whatIsTooLongToCompareIsSaid() throws {
    let old = (0..<5_000).map { "a\($0)" }.joined(separator: "\n")
    let new = (0..<5_000).map { "b\($0)" }.joined(separator: "\n")
    #expect(try #require(diff(old, new)).hasSuffix("… 3000 more lines were not compared\n"))
  }
}

@Suite struct PlaybackTests {
  private func steps(_ script: String) -> (errors: [Diagnostic], events: Int) {
    let session = Session()
    var events = 0
    let errors = Playback.run(Notebook(session.add(source: script, name: "s.nn")), in: session) {
      if case .event = $0 { events += 1 }
    }
    return (errors, events)
  }

  @Test func anAnnouncedErrorIsNone() {
    #expect(steps("# %% a\n#| expect: error unknown-name\nnope\n# %% b\n1").errors.isEmpty)
    #expect(steps("# %% a\n#| expect: error bad-axis\nnope").errors.first?.id == .unknownName)
  }

  @Test func anErrorThatDoesNotComeIsOne() {
    let (errors, _) = steps("# %% a\n#| expect: error unknown-name\n1")
    #expect(errors.map(\.id) == [.expectedError])
  }

  @Test func anErrorEndsTheScript() {
    let (errors, events) = steps("# %% a\nprint(1)\n# %% b\nnope\n# %% c\nprint(2)")
    #expect(errors.map(\.id) == [.unknownName] && events == 1)
  }
}
