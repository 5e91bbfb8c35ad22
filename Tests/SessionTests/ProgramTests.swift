import Diagnostics
import Foundation
import Interpreter
import Session
import Testing

/// Programs in the style of well-known courses, written anew from their mathematics: each `NAME.nn` of `Programs` and
/// its twin `NAME.py` differ in their syntax only, and `NAME.out` is what PyTorch printed.
@Suite struct ProgramTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "Programs")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".nn") }.map { String($0.dropLast(3)) }.sorted()
  }()

  @Test func thereAreAllOfThem() {
    #expect(
      Set(Self.names).isSuperset(of: [
        "attention", "batch_norm", "bigram", "by_hand", "char_mlp", "dropout_mlp", "gpt", "gru",
        "lenet", "linear_regression", "lstm", "mlp", "rnn", "softmax_regression", "wavenet",
        "weight_decay",
      ]))
  }

  @Test(arguments: names) func printsPyTorchsNumbers(_ name: String) throws {
    func text(_ ending: String) throws -> String {
      try String(
        contentsOf: Self.folder.appending(path: "\(name).\(ending)"), encoding: .utf8)
    }
    let session = Session()
    session.machine.files = FileAccess(
      read: { path in
        guard let data = try? Data(contentsOf: Self.folder.appending(path: path)) else {
          return .failure(FileAccess.FileFault(reason: "no such file"))
        }
        return .success(Array(data))
      }, write: { _, _ in .failure(FileAccess.FileFault(reason: "not here")) })
    var printed = ""
    let outcome = session.run(try text("nn")) { event in
      if case .text(let text) = event { printed += text }
    }
    #expect(outcome.errors.map(\.headline) == [])
    let (mine, theirs) = (Self.words(printed), Self.words(try text("out")))
    #expect(mine.count == theirs.count, "\(printed)")
    for (a, b) in zip(mine, theirs) {
      guard let x = Double(a), let y = Double(b) else {
        #expect(a == b)
        continue
      }
      // Single precision, summed in another order.
      #expect(abs(x - y) <= 2e-4 * abs(y) + 2e-6, "\(x) instead of \(y)")
    }
  }

  private static func words(_ text: String) -> [Substring] {
    text.split { $0.isWhitespace || "[],".contains($0) }
  }
}
