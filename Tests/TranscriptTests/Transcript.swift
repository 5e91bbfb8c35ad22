import Diagnostics
import Foundation
import Lessons
import Rendering
import Session

/// A golden file: prompts and output exactly as on screen, 80 columns, no colour.
struct Transcript: Sendable, CustomStringConvertible {
  let path: String
  let text: String
  var description: String { path }

  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Transcripts")

  static let all: [Transcript] = {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "txt" }
      .sorted { $0.path < $1.path }
      .compactMap { file in
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        return Transcript(path: String(file.path.dropFirst(folder.path.count + 1)), text: text)
      }
  }()

  /// The entries of a transcript: lines after a prompt, with their continuation lines.
  static func entries(_ text: String) -> [String] {
    var entries: [String] = []
    var margin = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("nn["), let end = line.firstRange(of: "]> ") {
        margin = line.distance(from: line.startIndex, to: end.upperBound)
        entries.append(String(line[end.upperBound...]))
      } else if margin > 0, !entries.isEmpty, line.count > margin,
        line.prefix(margin).allSatisfy({ $0 == " " }), entries[entries.count - 1].isOpen
      {
        entries[entries.count - 1] += "\n" + line.dropFirst(margin)
      } else {
        margin = 0
      }
    }
    return entries
  }

  /// What a session shows for these entries.
  static func play(_ entries: [String]) -> String {
    let session = Session()
    let events = EventText(Style())
    var output = ""
    for (i, entry) in entries.enumerated() {
      let prompt = "nn[\(i + 1)]> "
      let margin = "\n" + String(repeating: " ", count: prompt.count)
      output += prompt + entry.replacingOccurrences(of: "\n", with: margin) + "\n"
      let outcome = session.run(entry, name: "cell \(i + 1)") {
        output += events.render($0, in: session)
      }
      let errors = DiagnosticText(Style(), sources: session.sources)
      for error in outcome.errors { output += errors.render(error) + "\n" }
    }
    return output
  }

  static let howToRecord =
    "If this is as it should be: NNREPL_RECORD=all swift test --filter TranscriptTests writes it, "
    + "NNREPL_RECORD=missing only what has no output yet. Then read git diff."
  static let recorded = "This is recorded now: read git diff and run again."

  /// Whether this run writes the file anew, and still fails.
  var isRecorded: Bool {
    switch ProcessInfo.processInfo.environment["NNREPL_RECORD"] {
    case "all": true
    case "missing": text.split(separator: "\n").allSatisfy { $0.hasPrefix("nn[") }
    default: false
    }
  }

  func record(_ text: String) throws {
    try text.write(to: Self.folder.appendingPathComponent(path), atomically: true, encoding: .utf8)
  }
}

extension String {
  /// Whether brackets are open, so that the next line belongs to the entry.
  fileprivate var isOpen: Bool {
    filter { "([{".contains($0) }.count > filter { ")]}".contains($0) }.count
  }
}
