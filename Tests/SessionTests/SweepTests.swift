import Foundation
import Interpreter
import Session
import Testing

/// Every mixture of a kind against PyTorch's results; a script beside each file of results makes it.
@Suite struct SweepTests {
  private static func data(_ file: String) throws -> Data {
    try Data(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Sweeps/\(file)"))
  }

  private struct Pick: Decodable {
    let index: String
    let shape: [Int]
    let sum: Double

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      index = try row.decode(String.self)
      shape = try row.decode([Int].self)
      sum = try row.decode(Double.self)
    }
  }

  @Test(arguments: [2, 3, 4]) func indicesPickWhatPyTorchPicks(_ rank: Int) throws {
    let rows = try JSONDecoder().decode([String: [Pick]].self, from: Self.data("indexing.json"))
    let picks = try #require(rows["\(rank)"])
    #expect(picks.count > 60)
    let session = Session()
    let start = [2, 3, 4, 5].suffix(rank).map(String.init).joined(separator: ", ")
    let size = [2, 3, 4, 5].suffix(rank).reduce(1, *)
    _ = session.run("x = reshape(arange(\(size)), \(start))") { _ in }
    for pick in picks {
      let outcome = session.run("y = x[\(pick.index)]") { _ in }
      #expect(outcome.errors.map(\.headline) == [], "x[\(pick.index)]")
      let y = try #require(GoldenTests.tensors(session.value("y")).first)
      let sum = y.values.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
      #expect(y.shape.dims == pick.shape && sum == pick.sum, "x[\(pick.index)] is \(y.shape)")
    }
  }
}
