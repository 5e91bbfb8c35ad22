import Foundation
import Testing
import Workbench

/// What is typed first, each in a session of its own.
@Suite struct FirstThingsTests {
  private static let things: [(entry: String, answer: String)] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "FirstThings/things.txt")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").filter { !$0.hasPrefix("# What") }.compactMap { line in
      let parts = line.components(separatedBy: " => ")
      return parts.count < 2
        ? nil
        : (parts[0], parts[1...].joined(separator: " => ").trimmingCharacters(in: .whitespaces))
    }
  }()

  @Test func thereAreManyOfThem() { #expect(Self.things.count >= 150) }

  /// None ends in a bare error: each is answered, or led to what works.
  @Test func eachHasItsAnswer() {
    for (entry, answer) in Self.things {
      let bench = Bench()
      bench.bench.shell = { _ in 0 }
      bench.bench.ask = { _ in nil }
      // What could go on waits for another line.
      if bench.enter(entry) == .incomplete { continue }
      let told = bench.take()
      #expect(answer.isEmpty || told.contains(answer), "\(entry): \(told)")
      #expect(!told.contains("error[") || told.contains("Try: "), "\(entry): \(told)")
      #expect(!told.contains("error[internal-fault]"), "\(entry): \(told)")
    }
  }
}
